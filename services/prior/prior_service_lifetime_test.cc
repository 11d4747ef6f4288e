// How requests to the prior service wait, leave and end.
#include "services/prior/prior_service_fixture.h"

namespace unclip::prior {
namespace {

using ::testing::HasSubstr;

TEST_F(PriorServiceTest, LeavesEarlyWhenTheCallerCancels) {
  std::atomic<int> steps = 0;
  Load([&](int /*step*/) {
    ++steps;
    return RoundTrip();
  });
  v1::SamplePriorRequest request = GoodRequest();
  request.set_step_count(1000);
  grpc::ClientContext context;
  const auto reader = stub_->SamplePrior(&context, request);
  v1::SamplePriorResponse message;
  ASSERT_TRUE(reader->Read(&message));
  context.TryCancel();
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (InFlight() > 0) std::this_thread::yield();
  EXPECT_LT(steps, 1000);
  EXPECT_OK(Sample(GoodRequest()).status);  // the slot is free
}

TEST_F(PriorServiceTest, LeavesAtTheNextStepOnceItsDeadlinePasses) {
  std::atomic<int> steps = 0;
  Load([&](int step) {
    ++steps;
    if (step == 2) clock_.Advance(absl::Hours(2));
    return absl::OkStatus();
  });
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_THAT(Sample(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline")));
  EXPECT_EQ(steps, 2);
}

TEST_F(PriorServiceTest, TellsHowLongItWaitedAndRan) {
  Gate gate;
  Load([&, hold = gate.BeforeStep()](int step) {
    if (const absl::Status status = hold(step); !status.ok()) return status;
    clock_.Advance(absl::Seconds(1));
    return absl::OkStatus();
  });
  std::thread running([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  Answer answer;
  std::thread waiting([&] { answer = Sample(GoodRequest()); });
  while (MetricValue(metrics_.registry, "queue_length") < 1) std::this_thread::yield();
  gate.open.Notify();
  running.join();
  waiting.join();
  ASSERT_OK(answer.status);
  const common::v1::StageTiming& timing = answer.messages.back().result().timing();
  EXPECT_EQ(timing.queue_duration().seconds(), 3);
  EXPECT_EQ(timing.run_duration().seconds(), 3);
}

TEST_F(PriorServiceTest, DropsAWaitingRequestAtOnceWhenTheCallerCancels) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  grpc::ClientContext context;
  std::thread waiting(
      [&] { EXPECT_THAT(Sample(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kCancelled, testing::_)); });
  while (MetricValue(metrics_.registry, "queue_length") < 1) std::this_thread::yield();
  context.TryCancel();
  waiting.join();
  while (InFlight() > 1) std::this_thread::yield();  // it has left although the other still runs
  gate.open.Notify();
  running.join();
  EXPECT_EQ(engine_->inputs().size(), 1);
}

TEST_F(PriorServiceTest, EndsAWaitingRequestAtItsDeadline) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  EXPECT_THAT(Sample(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  while (InFlight() > 1) std::this_thread::yield();
  gate.open.Notify();
  running.join();
  EXPECT_EQ(engine_->inputs().size(), 1);
}

TEST_F(PriorServiceTest, DoesNoWorkForADeadlineThatHasPassed) {
  Load();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  EXPECT_THAT(Sample(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_TRUE(engine_->inputs().empty());
}

TEST_F(PriorServiceTest, FinishesWhatItHoldsWhenDrained) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  std::thread drain([&] { service_.Drain(absl::InfiniteDuration()); });
  Answer refused;
  do {  // until the draining thread has come so far, a request with a deadline behind it may still queue up
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(20));
    refused = Sample(GoodRequest(), &context);
  } while (refused.status.code() == absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("prior is shutting down; retry elsewhere")));
  gate.open.Notify();
  running.join();
  drain.join();
}

TEST_F(PriorServiceTest, EndsWhatIsLeftWithUnavailableAfterTheGracePeriod) {
  absl::Notification entered;
  Load([&](int step) {
    if (step == 1) entered.Notify();
    return RoundTrip();
  });
  v1::SamplePriorRequest request = GoodRequest();
  request.set_step_count(1000);
  std::thread running([&] {
    EXPECT_THAT(Sample(request).status,
                StatusIs(absl::StatusCode::kUnavailable, "the service is shutting down; retry elsewhere"));
  });
  entered.WaitForNotification();
  service_.Drain(absl::ZeroDuration());
  running.join();
}

class FullPriorServiceTest : public PriorServiceTest {
 protected:
  FullPriorServiceTest() : PriorServiceTest({.queue_capacity = 1}) {}
};

TEST_F(FullPriorServiceTest, RejectsWhenQueueIsFull) {
  Gate gate;
  Load(gate.BeforeStep());
  std::thread running([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  gate.entered.WaitForNotification();
  std::thread waiting([&] { EXPECT_OK(Sample(GoodRequest()).status); });
  while (MetricValue(metrics_.registry, "queue_length") < 1) std::this_thread::yield();
  const Answer refused = Sample(GoodRequest());
  EXPECT_THAT(refused.status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("the queue of prior is full (1 requests wait)")));
  EXPECT_TRUE(GetRetryAfter(refused.status).has_value());
  gate.open.Notify();
  running.join();
  waiting.join();
}

}  // namespace
}  // namespace unclip::prior
