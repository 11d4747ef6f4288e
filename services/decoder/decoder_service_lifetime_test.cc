// How requests to the decoder service wait, leave and end.
#include "services/decoder/decoder_service_fixture.h"

namespace unclip::decoder {
namespace {

using ::testing::HasSubstr;

TEST_F(DecoderServiceTest, LeavesEarlyWhenTheCallerCancels) {
  std::atomic<int> steps = 0;
  Load([&](int /*stage*/, int /*step*/) {
    ++steps;
    return RoundTrip();
  });
  v1::DecodeImageRequest request = GoodRequest();
  request.set_decoder_step_count(1000);
  grpc::ClientContext context;
  const auto reader = stub_->DecodeImage(&context, request);
  v1::DecodeImageResponse message;
  ASSERT_TRUE(reader->Read(&message));
  context.TryCancel();
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (Metric("in_flight") > 0) std::this_thread::yield();
  EXPECT_LT(steps, 1000);
  EXPECT_OK(Decode(GoodRequest()).status);  // the slot is free
}

TEST_F(DecoderServiceTest, LeavesAtTheNextStepOnceItsDeadlinePasses) {
  std::atomic<int> steps = 0;
  Load([&](int stage, int step) {
    ++steps;
    if (stage == 1 && step == 1) clock_.Advance(absl::Hours(2));
    return absl::OkStatus();
  });
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_THAT(Decode(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline")));
  EXPECT_EQ(steps, 4);
}

TEST_F(DecoderServiceTest, DropsAWaitingRequestAtOnceWhenTheCallerCancels) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Decode(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  grpc::ClientContext context;
  std::thread waiting(
      [&] { EXPECT_THAT(Decode(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kCancelled, testing::_)); });
  while (Metric("queue_length") < 1) std::this_thread::yield();
  context.TryCancel();
  waiting.join();
  while (Metric("in_flight") > 1) std::this_thread::yield();  // it has left although the other still runs
  gate.open.Notify();
  running.join();
  EXPECT_EQ(engine_->inputs().size(), 1);
}

TEST_F(DecoderServiceTest, KeepsThePictureForASlowReader) {
  // Nobody reads until the engine is done, and the previews are more than the flow control window holds.
  absl::Notification finished;
  Load([&](int stage, int step) {
    if (stage == 2 && step == 4) finished.Notify();
    return absl::OkStatus();
  });
  v1::DecodeImageRequest request = GoodRequest();
  request.set_decoder_step_count(1000);
  request.set_preview_step_interval(1);
  grpc::ClientContext context;
  const auto reader = stub_->DecodeImage(&context, request);
  finished.WaitForNotification();
  v1::DecodeImageResponse last;
  int messages = 0;
  for (v1::DecodeImageResponse message; reader->Read(&message); ++messages) last = std::move(message);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(last.has_result());
  EXPECT_LE(messages, 1007);
}

TEST_F(DecoderServiceTest, EndsWhatIsLeftWithUnavailableAfterTheGracePeriod) {
  absl::Notification entered;
  Load([&](int stage, int step) {
    if (stage == 0 && step == 1) entered.Notify();
    return RoundTrip();
  });
  v1::DecodeImageRequest request = GoodRequest();
  request.set_decoder_step_count(1000);
  std::thread running([&] {
    EXPECT_THAT(Decode(request).status,
                StatusIs(absl::StatusCode::kUnavailable, "the service is shutting down; retry elsewhere"));
  });
  entered.WaitForNotification();
  service_.Drain(absl::ZeroDuration());
  running.join();
  EXPECT_THAT(Decode(GoodRequest()).status,
              StatusIs(absl::StatusCode::kUnavailable, "decoder is shutting down; retry elsewhere"));
}

class FullDecoderServiceTest : public DecoderServiceTest {
 protected:
  FullDecoderServiceTest() : DecoderServiceTest({.queue_capacity = 1}) {}
};

TEST_F(FullDecoderServiceTest, RejectsWhenQueueIsFull) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Decode(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  std::thread waiting([&] { EXPECT_OK(Decode(GoodRequest()).status); });
  while (Metric("queue_length") < 1) std::this_thread::yield();
  const Answer refused = Decode(GoodRequest());
  EXPECT_THAT(refused.status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("the queue of decoder is full (1 requests wait)")));
  EXPECT_TRUE(GetRetryAfter(refused.status).has_value());
  gate.open.Notify();
  running.join();
  waiting.join();
}

}  // namespace
}  // namespace unclip::decoder
