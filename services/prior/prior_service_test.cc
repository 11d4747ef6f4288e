#include "services/prior/prior_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metric_value.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/status_conversion.h"
#include "services/prior/fake_prior_engine.h"

namespace unclip::prior {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

common::v1::TextConditioning Conditioning(float value) {
  common::v1::TextConditioning text;
  for (int i = 0; i < 4; ++i) text.add_text_embedding(value);
  for (int i = 0; i < 6; ++i) text.add_hidden_states(value);
  for (const bool token : {true, true, false}) text.add_attention_mask(token);
  return text;
}

v1::SamplePriorRequest GoodRequest() {
  v1::SamplePriorRequest request;
  *request.mutable_text() = Conditioning(1);
  *request.mutable_negative_text() = Conditioning(2);
  request.set_candidate_count(2);
  request.set_step_count(3);
  request.set_seed(7);
  return request;
}

// What a client got.
struct Answer {
  absl::Status status;
  std::vector<v1::SamplePriorResponse> messages;
};

// The service over a real server, with a fake engine.
class PriorServiceTest : public testing::Test {
 protected:
  explicit PriorServiceTest(int queue_capacity = 64) : service_({.queue_capacity = queue_capacity, .clock = &clock_}, &metrics_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::PriorService::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~PriorServiceTest() override {
    service_.Drain(absl::ZeroDuration());
    server_->Shutdown();
  }

  void Load(FakePriorEngine::BeforeStep before_step = nullptr) {
    auto engine = std::make_unique<FakePriorEngine>(std::move(before_step));
    engine_ = engine.get();
    ASSERT_OK(service_.Load([&] { return std::move(engine); }));
  }

  Answer Sample(const v1::SamplePriorRequest& request, grpc::ClientContext* context) {
    Answer answer;
    const auto reader = stub_->SamplePrior(context, request);
    for (v1::SamplePriorResponse message; reader->Read(&message);) answer.messages.push_back(message);
    answer.status = FromGrpcStatus(reader->Finish(), *context);
    return answer;
  }

  Answer Sample(const v1::SamplePriorRequest& request) {
    grpc::ClientContext context;
    return Sample(request, &context);
  }

  // A call to the server and back: what an engine does to take its time at a step, so that 1000 steps take far longer than it
  // takes for a cancellation to get through.
  absl::Status RoundTrip() {
    grpc::ClientContext context;
    v1::GetModelInfoResponse response;
    return FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response));
  }

  double InFlight() const { return MetricValue(metrics_.registry, "in_flight"); }

  FakeClock clock_;
  PriorMetrics metrics_;
  PriorService service_;
  FakePriorEngine* engine_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::PriorService::Stub> stub_;
};

// Holds an engine busy in the first step of each request until it is opened.
class Gate {
 public:
  FakePriorEngine::BeforeStep BeforeStep() {
    return [this](int step) {
      if (step == 1 && !entered.HasBeenNotified()) {
        entered.Notify();
        open.WaitForNotification();
      }
      return absl::OkStatus();
    };
  }

  absl::Notification entered;  // the first request is running
  absl::Notification open;
};

TEST_F(PriorServiceTest, IsUnavailableWhileLoading) {
  EXPECT_THAT(Sample(GoodRequest()).status, StatusIs(absl::StatusCode::kUnavailable, "prior is loading its model; retry later"));
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  EXPECT_THAT(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
}

TEST_F(PriorServiceTest, PassesOnWhyLoadingFailed) {
  EXPECT_THAT(service_.Load([] { return absl::NotFoundError("prior/config.json is missing"); }),
              StatusIs(absl::StatusCode::kNotFound, "prior/config.json is missing"));
  EXPECT_THAT(Sample(GoodRequest()).status, StatusIs(absl::StatusCode::kUnavailable, testing::_));
}

TEST_F(PriorServiceTest, TellsWhatItHolds) {
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
  EXPECT_EQ(response.step_count().minimum(), 2);
  EXPECT_EQ(response.step_count().maximum(), 1000);
  EXPECT_EQ(response.step_count().default_value(), 25);
  EXPECT_EQ(response.guidance_scale().minimum(), 0);
  EXPECT_EQ(response.guidance_scale().maximum(), 100);
  EXPECT_EQ(response.guidance_scale().default_value(), 4);
  EXPECT_EQ(response.candidate_count().minimum(), 1);
  EXPECT_EQ(response.candidate_count().maximum(), 16);
  EXPECT_EQ(response.candidate_count().default_value(), 1);
}

TEST_F(PriorServiceTest, StreamsProgressAndTheResultLast) {
  Load();
  const Answer answer = Sample(GoodRequest());
  ASSERT_OK(answer.status);
  ASSERT_GE(answer.messages.size(), 2);
  int last_step = 0;
  for (size_t i = 0; i + 1 < answer.messages.size(); ++i) {
    ASSERT_TRUE(answer.messages[i].has_progress());
    const common::v1::StageProgress& progress = answer.messages[i].progress();
    EXPECT_EQ(progress.stage(), common::v1::STAGE_PRIOR);
    EXPECT_EQ(progress.step_count(), 3);
    EXPECT_GT(progress.step(), last_step);
    last_step = progress.step();
  }
  EXPECT_EQ(last_step, 3);  // the last step is never displaced: no newer one comes
  ASSERT_TRUE(answer.messages.back().has_result());
  const v1::SamplePriorResult& result = answer.messages.back().result();
  ASSERT_EQ(result.embeddings_size(), 2);
  EXPECT_THAT(result.embeddings(0).values(), ElementsAre(7, 0, 3, 4));
  EXPECT_THAT(result.embeddings(1).values(), ElementsAre(7, 1, 3, 4));
  EXPECT_EQ(result.timing().stage(), common::v1::STAGE_PRIOR);
  EXPECT_TRUE(result.timing().has_queue_duration());
  EXPECT_TRUE(result.timing().has_run_duration());
}

TEST_F(PriorServiceTest, HandsTheEngineWhatWasAsked) {
  Load();
  v1::SamplePriorRequest request = GoodRequest();
  request.set_guidance_scale(2.5);
  request.set_seed(std::numeric_limits<uint64_t>::max());
  ASSERT_OK(Sample(request).status);
  const std::vector<SamplePriorInput> inputs = engine_->inputs();
  ASSERT_EQ(inputs.size(), 1);
  EXPECT_EQ(inputs[0].text.text_embedding, std::vector<float>(4, 1));
  EXPECT_EQ(inputs[0].text.hidden_states, std::vector<float>(6, 1));
  EXPECT_EQ(inputs[0].text.attention_mask, (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(inputs[0].negative_text.text_embedding, std::vector<float>(4, 2));
  EXPECT_EQ(inputs[0].candidate_count, 2);
  EXPECT_EQ(inputs[0].step_count, 3);
  EXPECT_EQ(inputs[0].guidance_scale, 2.5);
  EXPECT_EQ(inputs[0].seed, std::numeric_limits<uint64_t>::max());
}

TEST_F(PriorServiceTest, FillsInDefaults) {
  Load();
  v1::SamplePriorRequest request = GoodRequest();
  request.clear_candidate_count();
  request.clear_step_count();
  request.clear_seed();
  ASSERT_OK(Sample(request).status);
  const SamplePriorInput input = engine_->inputs().at(0);
  EXPECT_EQ(input.candidate_count, 1);
  EXPECT_EQ(input.step_count, 25);
  EXPECT_EQ(input.guidance_scale, 4);
  EXPECT_EQ(input.seed, 0);
}

TEST_F(PriorServiceTest, NeedsNoNegativeTextWithoutGuidance) {
  Load();
  v1::SamplePriorRequest request = GoodRequest();
  request.clear_negative_text();
  request.set_guidance_scale(1);
  EXPECT_OK(Sample(request).status);
  request.set_guidance_scale(0);
  EXPECT_OK(Sample(request).status);
  request.set_guidance_scale(1.001);
  EXPECT_THAT(Sample(request).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("negative_text.text_embedding has 0")));
}

TEST_F(PriorServiceTest, RefusesEachBadField) {
  Load();
  struct Case {
    void (*spoil)(v1::SamplePriorRequest&);
    const char* message;
  };
  const Case cases[] = {
      {[](auto& r) { r.Clear(); }, "text.text_embedding has 0 values; it must have 4"},
      {[](auto& r) { r.clear_text(); }, "text.text_embedding has 0 values; it must have 4"},
      {[](auto& r) { r.mutable_text()->add_text_embedding(0); }, "text.text_embedding has 5 values; it must have 4"},
      {[](auto& r) { r.mutable_text()->set_text_embedding(2, kNan); }, "text.text_embedding[2] is nan"},
      {[](auto& r) { r.mutable_text()->add_hidden_states(0); }, "text.hidden_states has 7 values; it must have 6"},
      {[](auto& r) { r.mutable_text()->set_hidden_states(0, 1 / 0.0f); }, "text.hidden_states[0] is inf"},
      {[](auto& r) { r.mutable_text()->clear_attention_mask(); }, "text.attention_mask has 0 values; it must have 3"},
      {[](auto& r) { r.mutable_negative_text()->clear_hidden_states(); },
       "negative_text.hidden_states has 0 values; it must have 6"},
      {[](auto& r) { r.set_candidate_count(0); }, "candidate_count is 0; it must be 1 to 16"},
      {[](auto& r) { r.set_candidate_count(-1); }, "candidate_count is -1; it must be 1 to 16"},
      {[](auto& r) { r.set_candidate_count(17); }, "candidate_count is 17; it must be 1 to 16"},
      {[](auto& r) { r.set_candidate_count(2147483647); }, "candidate_count is 2147483647; it must be 1 to 16"},
      {[](auto& r) { r.set_step_count(0); }, "step_count is 0; it must be 2 to 1000"},
      {[](auto& r) { r.set_step_count(1); }, "step_count is 1; it must be 2 to 1000"},
      {[](auto& r) { r.set_step_count(1001); }, "step_count is 1001; it must be 2 to 1000"},
      {[](auto& r) { r.set_guidance_scale(kNan); }, "guidance_scale is nan; it must be a number from 0 to 100"},
      {[](auto& r) { r.set_guidance_scale(1 / 0.0); }, "guidance_scale is inf; it must be a number from 0 to 100"},
      {[](auto& r) { r.set_guidance_scale(-1); }, "guidance_scale is -1; it must be a number from 0 to 100"},
      {[](auto& r) { r.set_guidance_scale(1e30); }, "guidance_scale is 1e+30; it must be a number from 0 to 100"},
  };
  for (const Case& c : cases) {
    v1::SamplePriorRequest request = GoodRequest();
    c.spoil(request);
    EXPECT_THAT(Sample(request).status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
  EXPECT_TRUE(engine_->inputs().empty());
  EXPECT_OK(Sample(GoodRequest()).status);
}

TEST_F(PriorServiceTest, CountsRequestsStepsAndTimes) {
  Load();
  ASSERT_OK(Sample(GoodRequest()).status);
  EXPECT_THAT(Sample({}).status, StatusIs(absl::StatusCode::kInvalidArgument, testing::_));
  EXPECT_EQ(MetricValue(metrics_.registry, "requests_total"), 2);
  EXPECT_EQ(MetricValue(metrics_.registry, "steps_total"), 3);
  EXPECT_EQ(MetricValue(metrics_.registry, "stage_seconds"), 1);
  EXPECT_EQ(MetricValue(metrics_.registry, "queue_seconds"), 1);  // loading is none
  EXPECT_EQ(MetricValue(metrics_.registry, "queue_length"), 0);
  EXPECT_EQ(MetricValue(metrics_.registry, "model_parameters"), 42);
  EXPECT_EQ(InFlight(), 0);
}

TEST_F(PriorServiceTest, RefusesABadRequestId) {
  Load();
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "a b");
  EXPECT_THAT(Sample(GoodRequest(), &context).status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("x-request-id")));
}

TEST_F(PriorServiceTest, SurvivesAnErrorOfTheEngine) {
  std::atomic<bool> fails = true;
  Load([&](int step) { return fails && step == 2 ? absl::InternalError("prior: not finite at step 2") : absl::OkStatus(); });
  EXPECT_THAT(Sample(GoodRequest()).status, StatusIs(absl::StatusCode::kInternal, "prior: not finite at step 2"));
  fails = false;
  EXPECT_OK(Sample(GoodRequest()).status);
}

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
  FullPriorServiceTest() : PriorServiceTest(/*queue_capacity=*/1) {}
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
