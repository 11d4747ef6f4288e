#include "services/prior/autoregressive_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "base/status_matchers.h"
#include "services/prior/random_autoregressive.h"

namespace unclip::prior {
namespace {

using testing::HasSubstr;

class AutoregressiveSamplerTest : public testing::Test {
 protected:
  // One prompt.
  AutoregressiveSampling Sampling(uint64_t seed, int64_t samples, double guidance_scale) const {
    const RandomTexts text(1, seed), negative(1, 99);
    AutoregressiveSampling sampling = {.text_embedding = text.embeddings,
                                       .hidden_states = text.hidden_states,
                                       .attention_mask = text.mask,
                                       .samples_per_prompt = samples,
                                       .has_guidance = guidance_scale > 1,
                                       .guidance_scale = guidance_scale,
                                       .seed = seed};
    if (sampling.has_guidance) {
      sampling.text_embedding = at::cat({negative.embeddings, text.embeddings});
      sampling.hidden_states = at::cat({negative.hidden_states, text.hidden_states});
      sampling.attention_mask = at::cat({negative.mask, text.mask});
    }
    return sampling;
  }

  at::Tensor Sample(const AutoregressiveSampling& sampling) const {
    AutoregressiveRun run(network_, sampling);
    while (!run.done()) {
      AutoregressiveRun* const runs[] = {&run};
      EXPECT_OK(StepAutoregressive(runs).front());
    }
    return run.Embeddings();
  }

  const AutoregressiveTransformer network_ = RandomAutoregressive();
};

TEST(DrawIndexTest, FollowsTheSoftmax) {
  const float logits[] = {0, std::log(2.0F), std::log(5.0F)};
  EXPECT_EQ(DrawIndex(logits, 3, 0.12), 0);
  EXPECT_EQ(DrawIndex(logits, 3, 0.13), 1);
  EXPECT_EQ(DrawIndex(logits, 3, 0.37), 1);
  EXPECT_EQ(DrawIndex(logits, 3, 0.38), 2);
  EXPECT_EQ(DrawIndex(logits, 3, 1 - 1e-12), 2);
}

TEST(DrawIndexTest, TakesLogitsOfAnySize) {
  const float logits[] = {-3e38F, 3e38F, -3e38F};
  EXPECT_EQ(DrawIndex(logits, 3, 1e-10), 1);
  EXPECT_EQ(DrawIndex(logits, 3, 1 - 1e-10), 1);
}

TEST_F(AutoregressiveSamplerTest, TheSameSeedGivesTheSameBits) {
  const at::Tensor first = Sample(Sampling(1, 4, 2));
  EXPECT_TRUE(at::equal(first, Sample(Sampling(1, 4, 2))));
  AutoregressiveSampling other = Sampling(1, 4, 2);
  other.seed = 2;
  EXPECT_FALSE(at::equal(first, Sample(other)));
}

TEST_F(AutoregressiveSamplerTest, ASampleIsTheSameWhateverTheCount) {
  const at::Tensor four = Sample(Sampling(1, 4, 2));
  EXPECT_TRUE(at::equal(four.narrow(0, 0, 1), Sample(Sampling(1, 1, 2))));
  EXPECT_FALSE(at::equal(four.select(0, 0), four.select(0, 1)));
}

TEST_F(AutoregressiveSamplerTest, ARunIsTheSameAloneAndBesideOthers) {
  const std::vector<AutoregressiveSampling> samplings = {Sampling(1, 2, 1), Sampling(2, 1, 3), Sampling(3, 3, 4)};
  std::vector<std::unique_ptr<AutoregressiveRun>> runs;
  for (bool is_done = false; !is_done;) {
    if (runs.size() < samplings.size()) runs.push_back(std::make_unique<AutoregressiveRun>(network_, samplings[runs.size()]));
    std::vector<AutoregressiveRun*> batch;
    for (const auto& run : runs) {
      if (!run->done()) batch.push_back(run.get());
    }
    is_done = batch.empty();
    if (is_done) continue;
    for (const absl::Status& status : StepAutoregressive(batch)) ASSERT_OK(status);
  }
  for (size_t i = 0; i < samplings.size(); ++i) EXPECT_TRUE(at::equal(runs[i]->Embeddings(), Sample(samplings[i]))) << i;
}

TEST_F(AutoregressiveSamplerTest, NoStepGuidedIsNoGuidance) {
  AutoregressiveSampling sampling = Sampling(1, 3, 4);
  sampling.guidance_interval = {.start = 0, .end = 0};
  EXPECT_TRUE(at::equal(Sample(sampling), Sample(Sampling(1, 3, 1))));
}

TEST_F(AutoregressiveSamplerTest, UnconditionalRowsGoOnUntilTheLastGuidedStep) {
  AutoregressiveSampling sampling = Sampling(1, 2, 4);
  sampling.guidance_interval = {.start = 0.4, .end = 0.8};  // the third and the fourth of five
  AutoregressiveRun run(network_, sampling);
  std::vector<int64_t> counts;
  while (!run.done()) {
    counts.push_back(run.row_count());
    AutoregressiveRun* const runs[] = {&run};
    ASSERT_OK(StepAutoregressive(runs).front());
  }
  EXPECT_THAT(counts, testing::ElementsAre(4, 4, 4, 4, 2));
}

TEST_F(AutoregressiveSamplerTest, RefusesWhatIsNotFinite) {
  AutoregressiveSampling sampling = Sampling(1, 1, 1);
  sampling.hidden_states.fill_(std::numeric_limits<float>::infinity());
  AutoregressiveRun bad(network_, sampling), good(network_, Sampling(1, 1, 1));
  AutoregressiveRun* const runs[] = {&bad, &good};
  const std::vector<absl::Status> results = StepAutoregressive(runs);
  EXPECT_THAT(results[0], StatusIs(absl::StatusCode::kInternal, HasSubstr("not finite")));
  EXPECT_OK(results[1]);
}

}  // namespace
}  // namespace unclip::prior
