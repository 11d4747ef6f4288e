// What a request's sampling options do to its embeddings.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/status_matchers.h"
#include "services/prior/prior_engine_factory.h"
#include "services/prior/varied_prior_input.h"

namespace unclip::prior {
namespace {

class PriorSamplingTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = LoadPriorEngine({.checkpoint = "models/shapes32/text-to-image", .dtype = "float32", .thread_count = 1});
    ASSERT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  SamplePriorInput Input(double guidance_scale = 4) const { return VariedPriorInput(engine_->info(), 1, 2, 6, guidance_scale); }

  std::vector<std::vector<float>> Sample(const SamplePriorInput& input) {
    auto embeddings = engine_->Sample(input, [](int /*step*/) { return absl::OkStatus(); });
    EXPECT_OK(embeddings.status());
    return embeddings.ok() ? *std::move(embeddings) : std::vector<std::vector<float>>();
  }

  std::unique_ptr<PriorEngine> engine_;
};

TEST_F(PriorSamplingTest, NoStepGuidedIsNoGuidance) {
  SamplePriorInput input = Input(4);
  input.sampling.guidance_interval = {.start = 0, .end = 0};
  EXPECT_EQ(Sample(input), Sample(Input(1)));
}

TEST_F(PriorSamplingTest, AnUnguidedStepHasHalfTheRows) {
  SamplePriorInput input = Input(4);
  input.sampling.guidance_interval = {.start = 0.1, .end = 1};
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<PriorRun> run, engine_->Start(input));
  EXPECT_EQ(run->row_count(), 2);
  PriorRun* const runs[] = {run.get()};
  EXPECT_OK(engine_->Step(runs).front());
  EXPECT_EQ(run->row_count(), 4);
}

TEST_F(PriorSamplingTest, EverySamplerDrawsOtherEmbeddings) {
  std::vector<std::vector<std::vector<float>>> found = {Sample(Input())};
  for (const model::SamplerKind kind : {model::SamplerKind::kDdim, model::SamplerKind::kDpmSolver}) {
    SamplePriorInput input = Input();
    input.sampling.kind = kind;
    found.push_back(Sample(input));
    EXPECT_EQ(found.back(), Sample(input));
  }
  EXPECT_NE(found[0], found[1]);
  EXPECT_NE(found[0], found[2]);
  EXPECT_NE(found[1], found[2]);
}

}  // namespace
}  // namespace unclip::prior
