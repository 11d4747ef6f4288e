#include "model/diffusion/ddim_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/isfinite.h>

#include <vector>

#include "absl/strings/match.h"
#include "base/status_matchers.h"
#include "model/diffusion/sampler_goldens.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;

// A sample [1, 2, 3].
at::Tensor SomeSample() { return (at::arange(6, at::kFloat) / 4 - 0.5).reshape({1, 2, 3}); }

// Float32 samples differ by some roundings of 6e-8 a step; 16 steps give 6e-7 where both compute coefficients in float64. In
// float32 the reference's differ as little from ours, but for eta 1: what is left of 1 - next_cumprod - variance is small beside
// its terms.
double Tolerance(const SamplerCase& sampler_case) {
  if (absl::EndsWith(sampler_case.name, "/float64")) return 2e-6;
  return sampler_case.sampler.eta < 1 ? 1e-5 : 5e-4;
}

TEST(DdimSamplerTest, DoesAsTheReference) {
  ASSERT_OK_AND_ASSIGN(const SamplerGoldens goldens, SamplerGoldens::Open());
  ASSERT_OK_AND_ASSIGN(const std::vector<SamplerCase> cases, goldens.Cases("ddim-"));
  EXPECT_EQ(cases.size(), 72);
  for (const SamplerCase& sampler_case : cases) {
    ASSERT_OK_AND_ASSIGN(const double worst, goldens.WorstDifference(sampler_case));
    EXPECT_LE(worst, Tolerance(sampler_case)) << sampler_case.name;
  }
}

TEST(DdimSamplerTest, AddsNoiseButInTheLastStepWhereEtaSaysSo) {
  const UnclipScheduler scheduler({});
  const DdimSampler with_noise(scheduler, {999, 500, 0}, 0.1);
  EXPECT_TRUE(with_noise.NeedsNoise(0));
  EXPECT_TRUE(with_noise.NeedsNoise(1));
  EXPECT_FALSE(with_noise.NeedsNoise(2));
  const DdimSampler without(scheduler, {999, 500, 0}, 0);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(without.NeedsNoise(i));
}

TEST(DdimSamplerTest, GoesFromNoiseToTheEstimateInOneStep) {
  const UnclipScheduler scheduler({});
  ASSERT_OK_AND_ASSIGN(const std::vector<int> timesteps, DdimSampler::Timesteps(scheduler, 1));
  EXPECT_THAT(timesteps, ElementsAre(999));
  DdimSampler sampler(scheduler, timesteps, 1);
  const Sampler::Step step = sampler.Advance(0, SomeSample() * 0.99999, SomeSample(), at::Tensor());
  EXPECT_TRUE(step.previous_sample.equal(step.original_sample));
}

// In float32, as the reference has it, 1 - next_cumprod - variance is below 0 here, and its root NaN.
TEST(DdimSamplerTest, StaysFiniteOnTheLongestStrideWithAllNoise) {
  const UnclipScheduler scheduler({});
  DdimSampler sampler(scheduler, {999, 0}, 1);
  EXPECT_TRUE(at::isfinite(sampler.Advance(0, SomeSample(), SomeSample(), SomeSample()).previous_sample).all().item<bool>());
}

TEST(DdimSamplerTest, LeavesTheLearnedVarianceAlone) {
  UnclipScheduler::Options learned;
  learned.variance_type = UnclipScheduler::VarianceType::kLearnedRange;
  const at::Tensor x = SomeSample();
  const at::Tensor output = at::cat({x, at::full_like(x, 7)}, 1);  // [1, 4, 3]
  const UnclipScheduler scheduler({});
  const UnclipScheduler learned_scheduler(learned);
  const Sampler::Step expected = DdimSampler(scheduler, {500, 100}, 0.5).Advance(0, x, x, x);
  const Sampler::Step step = DdimSampler(learned_scheduler, {500, 100}, 0.5).Advance(0, output, x, x);
  EXPECT_TRUE(step.previous_sample.equal(expected.previous_sample));
  EXPECT_TRUE(step.original_sample.equal(expected.original_sample));
}

}  // namespace
}  // namespace unclip::model
