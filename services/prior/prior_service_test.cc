#include "services/prior/prior_service.h"

#include <limits>

#include "services/prior/prior_service_fixture.h"

namespace unclip::prior {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_F(PriorServiceTest, IsUnavailableWhileLoading) {
  EXPECT_THAT(Sample(GoodRequest()).status, StatusIs(absl::StatusCode::kUnavailable, "prior is loading its model; retry later"));
  grpc::ClientContext context;
  v1::GetModelInfoResponse response;
  EXPECT_THAT(FromGrpcStatus(stub_->GetModelInfo(&context, {}, &response)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("loading")));
  EXPECT_EQ(MetricValue(metrics_.registry, "rejections_total"), 1);
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

TEST_F(PriorServiceTest, SendsTheResultAloneWhenProgressIsOmitted) {
  Load();
  v1::SamplePriorRequest request = GoodRequest();
  const Answer with_progress = Sample(request);
  request.set_omit_progress(true);
  const Answer answer = Sample(request);
  ASSERT_OK(answer.status);
  ASSERT_EQ(answer.messages.size(), 1);
  ASSERT_TRUE(answer.messages.front().has_result());
  const v1::SamplePriorResult& expected = with_progress.messages.back().result();
  ASSERT_EQ(answer.messages.front().result().embeddings_size(), expected.embeddings_size());
  EXPECT_EQ(answer.messages.front().result().embeddings(1).SerializeAsString(), expected.embeddings(1).SerializeAsString());
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
      {[](auto& r) { r.mutable_sampling()->set_eta(2); }, "sampling.eta is 2; it must be a number from 0 to 1"},
      {[](auto& r) { r.mutable_sampling()->set_deep_feature_interval(2); },
       "sampling.deep_feature_interval is 2; it must be 1 to 1"},
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

}  // namespace
}  // namespace unclip::prior
