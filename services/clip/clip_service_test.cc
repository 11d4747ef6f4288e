#include "services/clip/clip_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/image/image_codec.h"
#include "common/metrics/metric_value.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/status_conversion.h"
#include "services/clip/fake_clip_engine.h"

namespace unclip::clip {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

v1::EmbedTextRequest Prompts(const std::vector<std::string>& prompts) {
  v1::EmbedTextRequest request;
  for (const std::string& prompt : prompts) request.add_prompts(prompt);
  return request;
}

std::string Picture(ImageEncoding encoding) {
  const RgbImage image = {.width = 2, .height = 1, .pixels = {10, 20, 30, 40, 50, 60}};
  return EncodeImage(image, encoding).value();
}

// The service over a real server, with a fake engine.
class ClipServiceTest : public testing::Test {
 protected:
  explicit ClipServiceTest(int queue_capacity = 64) : service_({.queue_capacity = queue_capacity, .clock = &clock_}, &metrics_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    builder.SetMaxReceiveMessageSize(64 << 20);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    stub_ = v1::ClipService::NewStub(channel_);
  }

  ~ClipServiceTest() override {
    service_.Drain(absl::ZeroDuration());
    server_->Shutdown();
  }

  void Load(FakeClipEngine::Options options = {}) {
    auto engine = std::make_unique<FakeClipEngine>(std::move(options));
    engine_ = engine.get();
    ASSERT_OK(service_.Load([&] { return std::move(engine); }));
  }

  absl::StatusOr<v1::EmbedTextResponse> EmbedText(const v1::EmbedTextRequest& request, grpc::ClientContext* context) {
    v1::EmbedTextResponse response;
    absl::Status status = FromGrpcStatus(stub_->EmbedText(context, request, &response), *context);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::EmbedTextResponse> EmbedText(const v1::EmbedTextRequest& request) {
    grpc::ClientContext context;
    return EmbedText(request, &context);
  }

  absl::StatusOr<std::vector<float>> EmbedImage(const std::string& image) {
    grpc::ClientContext context;
    v1::EmbedImageRequest request;
    request.set_image(image);
    v1::EmbedImageResponse response;
    absl::Status status = FromGrpcStatus(stub_->EmbedImage(&context, request, &response));
    if (!status.ok()) return status;
    return std::vector<float>(response.embedding().values().begin(), response.embedding().values().end());
  }

  // Sends bytes that our own stubs would not.
  absl::Status SendRaw(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    absl::Notification done;
    grpc::Status status;
    stub.UnaryCall(&context, "/unclip.clip.v1.ClipService/" + method, grpc::StubOptions(), &request, &response,
                   [&](grpc::Status s) {
                     status = std::move(s);
                     done.Notify();
                   });
    done.WaitForNotification();
    return FromGrpcStatus(status);
  }

  double InFlight() const { return MetricValue(metrics_.registry, "in_flight"); }

  FakeClock clock_;
  ClipMetrics metrics_;
  ClipService service_;
  FakeClipEngine* engine_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ClipService::Stub> stub_;
};

// Holds an engine busy in the first forward pass until it is opened.
class Gate {
 public:
  FakeClipEngine::Options Options() {
    return {.embeds_images = true, .before_forward = [this] {
              if (!entered.HasBeenNotified()) {
                entered.Notify();
                open.WaitForNotification();
              }
              return absl::OkStatus();
            }};
  }

  absl::Notification entered;  // the first request is running
  absl::Notification open;
};

TEST_F(ClipServiceTest, IsUnavailableWhileLoading) {
  EXPECT_THAT(EmbedText(Prompts({"a"})), StatusIs(absl::StatusCode::kUnavailable, "clip is loading its model; retry later"));
  EXPECT_THAT(EmbedImage(Picture(ImageEncoding::kPng)), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
  EXPECT_EQ(MetricValue(metrics_.registry, "rejections_total"), 2);
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  EXPECT_THAT(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
}

TEST_F(ClipServiceTest, TellsWhatItHolds) {
  Load();
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  ASSERT_OK(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)));
  EXPECT_EQ(response.model().checkpoint_name(), "fake");
  EXPECT_EQ(response.model().fingerprint(), "00ff");
  EXPECT_EQ(response.model().parameter_count(), 42);
  EXPECT_EQ(response.model().dtype(), "float32");
  EXPECT_EQ(response.model().thread_count(), 1);
  EXPECT_EQ(response.embedding_dim(), 4);
  EXPECT_EQ(response.context_length(), 3);
  EXPECT_EQ(response.hidden_dim(), 2);
  EXPECT_TRUE(response.embeds_images());
}

TEST_F(ClipServiceTest, EmbedsPromptsInOrder) {
  Load();
  ASSERT_OK_AND_ASSIGN(const v1::EmbedTextResponse response, EmbedText(Prompts({"a red cat", "", "größe\n"})));
  ASSERT_EQ(response.embeddings_size(), 3);
  EXPECT_THAT(response.embeddings(0).conditioning().text_embedding(), ElementsAre(9, 9, 9, 9));
  EXPECT_THAT(response.embeddings(0).conditioning().hidden_states(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(response.embeddings(0).conditioning().attention_mask(), ElementsAre(true, true, true));
  EXPECT_EQ(response.embeddings(0).token_count(), 3);
  EXPECT_TRUE(response.embeddings(0).truncated());
  EXPECT_THAT(response.embeddings(1).conditioning().text_embedding(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(response.embeddings(1).conditioning().attention_mask(), ElementsAre(true, true, false));
  EXPECT_EQ(response.embeddings(1).token_count(), 2);
  EXPECT_FALSE(response.embeddings(1).truncated());
  EXPECT_THAT(engine_->prompts(), ElementsAre("a red cat", "", "größe\n"));
}

TEST_F(ClipServiceTest, RefusesBadPrompts) {
  Load();
  EXPECT_THAT(EmbedText(Prompts({})), StatusIs(kInvalid, "prompts has 0 values; it must have 1 to 16"));
  EXPECT_THAT(EmbedText(Prompts(std::vector<std::string>(17, "a"))),
              StatusIs(kInvalid, "prompts has 17 values; it must have 1 to 16"));
  EXPECT_OK(EmbedText(Prompts(std::vector<std::string>(16, "a"))));
  EXPECT_THAT(EmbedText(Prompts({"a", "b\x01"})), StatusIs(kInvalid, HasSubstr("prompts[1] holds the control character U+0001")));
  EXPECT_THAT(EmbedText(Prompts({std::string("a\0b", 3)})),
              StatusIs(kInvalid, HasSubstr("prompts[0] holds the control character U+0000")));
  EXPECT_OK(EmbedText(Prompts({std::string(32'768, 'a')})));
  EXPECT_THAT(EmbedText(Prompts({std::string(32'769, 'a')})),
              StatusIs(kInvalid, "prompts[0] is 32769 bytes long; it must be at most 32768 bytes of UTF-8"));
  std::string huge;
  huge.resize(10'000'000, 'a');
  EXPECT_THAT(EmbedText(Prompts({huge})), StatusIs(kInvalid, HasSubstr("prompts[0] is 10000000 bytes long")));
  EXPECT_OK(EmbedText(Prompts({"a"})));
}

TEST_F(ClipServiceTest, RefusesPromptsThatAreNotUtf8) {
  Load();
  EXPECT_THAT(SendRaw("EmbedText",
                      "\x0a\x01"
                      "a"
                      "\x0a\x02"
                      "a\xff"),
              StatusIs(kInvalid, AllOf(HasSubstr("prompts[1] is not valid UTF-8"), HasSubstr("0xff at offset 1"))));
  EXPECT_THAT(SendRaw("EmbedText", "\x0a\x03\xed\xa0\x80"), StatusIs(kInvalid, HasSubstr("prompts[0] is not valid UTF-8")));
  EXPECT_THAT(SendRaw("EmbedText",
                      "\x0a\x05"
                      "a"),
              StatusIs(kInvalid, HasSubstr("not a valid EmbedTextRequest message")));
}

TEST_F(ClipServiceTest, EmbedsPicturesOfEachFormat) {
  Load();
  ASSERT_OK_AND_ASSIGN(const std::vector<float> png, EmbedImage(Picture(ImageEncoding::kPng)));
  EXPECT_THAT(png, ElementsAre(2, 1, 10, 60));
  for (const ImageEncoding encoding : {ImageEncoding::kJpeg, ImageEncoding::kWebp}) {
    ASSERT_OK_AND_ASSIGN(const std::vector<float> embedding, EmbedImage(Picture(encoding)));
    EXPECT_EQ(embedding[0], 2);
    EXPECT_EQ(embedding[1], 1);
  }
}

TEST_F(ClipServiceTest, RefusesBadPictures) {
  Load();
  const std::string png = Picture(ImageEncoding::kPng);
  EXPECT_THAT(EmbedImage(""), StatusIs(kInvalid, "image is empty; it must be a PNG, JPEG or WebP file"));
  EXPECT_THAT(EmbedImage("not a picture"), StatusIs(kInvalid, testing::StartsWith("image: ")));
  EXPECT_THAT(EmbedImage(png.substr(0, png.size() / 2)), StatusIs(kInvalid, testing::StartsWith("image: ")));
  std::string large = png;
  large.resize((size_t{32} << 20) + 1);
  EXPECT_THAT(EmbedImage(large), StatusIs(kInvalid, testing::StartsWith("image: ")));
  EXPECT_OK(EmbedImage(png));
}

TEST_F(ClipServiceTest, SaysWhenTheCheckpointEmbedsNoPictures) {
  Load({.embeds_images = false, .before_forward = nullptr});
  EXPECT_THAT(EmbedImage(Picture(ImageEncoding::kPng)),
              StatusIs(absl::StatusCode::kUnimplemented, "the checkpoint has no image encoder"));
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  ASSERT_OK(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)));
  EXPECT_FALSE(response.embeds_images());
}

TEST_F(ClipServiceTest, SurvivesAnErrorOfTheEngine) {
  std::atomic<bool> fails = true;
  Load({.embeds_images = true,
        .before_forward = [&] { return fails ? absl::InternalError("clip: not finite") : absl::OkStatus(); }});
  EXPECT_THAT(EmbedText(Prompts({"a"})), StatusIs(absl::StatusCode::kInternal, "clip: not finite"));
  EXPECT_THAT(EmbedImage(Picture(ImageEncoding::kPng)), StatusIs(absl::StatusCode::kInternal, "clip: not finite"));
  fails = false;
  EXPECT_OK(EmbedText(Prompts({"a"})));
}

TEST_F(ClipServiceTest, LeavesBeforeTheNextPromptOnceItsDeadlinePasses) {
  Gate gate;
  Load(gate.Options());
  std::thread caller([&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
    EXPECT_THAT(EmbedText(Prompts({"a", "b", "c"}), &context),
                StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("deadline")));
  });
  gate.entered.WaitForNotification();
  clock_.Advance(absl::Hours(2));
  gate.open.Notify();
  caller.join();
  EXPECT_THAT(engine_->prompts(), ElementsAre("a"));
}

TEST_F(ClipServiceTest, DropsAWaitingRequestAtOnceWhenTheCallerCancels) {
  Gate gate;
  Load(gate.Options());
  std::thread running([&] { EXPECT_OK(EmbedText(Prompts({"a"}))); });
  gate.entered.WaitForNotification();
  grpc::ClientContext context;
  std::thread waiting(
      [&] { EXPECT_THAT(EmbedText(Prompts({"b"}), &context), StatusIs(absl::StatusCode::kCancelled, testing::_)); });
  while (MetricValue(metrics_.registry, "queue_length") < 1) std::this_thread::yield();
  context.TryCancel();
  waiting.join();
  while (InFlight() > 1) std::this_thread::yield();  // it has left although the other still runs
  gate.open.Notify();
  running.join();
  EXPECT_THAT(engine_->prompts(), ElementsAre("a"));
}

TEST_F(ClipServiceTest, DoesNoWorkForADeadlineThatHasPassed) {
  Load();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  EXPECT_THAT(EmbedText(Prompts({"a"}), &context), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_TRUE(engine_->prompts().empty());
}

TEST_F(ClipServiceTest, RefusesABadRequestId) {
  Load();
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", std::string(129, 'x'));
  EXPECT_THAT(EmbedText(Prompts({"a"}), &context), StatusIs(kInvalid, HasSubstr("x-request-id")));
}

TEST_F(ClipServiceTest, CountsRequestsAndForwardPasses) {
  Load();
  ASSERT_OK(EmbedText(Prompts({"a", "b"})));
  ASSERT_OK(EmbedImage(Picture(ImageEncoding::kPng)));
  EXPECT_EQ(MetricValue(metrics_.registry, "requests_total"), 2);
  EXPECT_EQ(MetricValue(metrics_.registry, "steps_total"), 3);
  EXPECT_EQ(MetricValue(metrics_.registry, "stage_seconds"), 2);
  EXPECT_EQ(MetricValue(metrics_.registry, "model_parameters"), 42);
  EXPECT_EQ(InFlight(), 0);
}

class FullClipServiceTest : public ClipServiceTest {
 protected:
  FullClipServiceTest() : ClipServiceTest(/*queue_capacity=*/1) {}
};

TEST_F(FullClipServiceTest, RejectsWhenQueueIsFull) {
  Gate gate;
  Load(gate.Options());
  std::thread running([&] { EXPECT_OK(EmbedText(Prompts({"a"}))); });
  gate.entered.WaitForNotification();
  std::thread waiting([&] { EXPECT_OK(EmbedText(Prompts({"b"}))); });
  while (MetricValue(metrics_.registry, "queue_length") < 1) std::this_thread::yield();
  const absl::Status refused = EmbedText(Prompts({"c"})).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("the queue of clip is full (1 requests wait)")));
  EXPECT_TRUE(GetRetryAfter(refused).has_value());
  gate.open.Notify();
  running.join();
  waiting.join();
}

}  // namespace
}  // namespace unclip::clip
