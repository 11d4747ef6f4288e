#include "model/diffusion/dpm_solver_sampler.h"

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

// Float32 samples differ by some roundings of 6e-8 a step; 16 steps give 3e-7 where both compute coefficients in float64. In
// float32 the reference's differ as little from ours, but where nothing clamps the first estimate from epsilon: a 20,000-fold
// difference of nearly equal numbers, one of which the reference multiplies by 0.9999999 where exact arithmetic has 1 - 1e-9.
double Tolerance(const SamplerCase& sampler_case) {
  if (absl::EndsWith(sampler_case.name, "/float64")) return 2e-6;
  return absl::StrContains(sampler_case.name, "/epsilon/free/") ? 5e-4 : 1e-5;
}

TEST(DpmSolverSamplerTest, DoesAsTheReference) {
  ASSERT_OK_AND_ASSIGN(const SamplerGoldens goldens, SamplerGoldens::Open());
  ASSERT_OK_AND_ASSIGN(const std::vector<SamplerCase> cases, goldens.Cases("dpm-solver/"));
  EXPECT_EQ(cases.size(), 24);
  for (const SamplerCase& sampler_case : cases) {
    ASSERT_OK_AND_ASSIGN(const double worst, goldens.WorstDifference(sampler_case));
    EXPECT_LE(worst, Tolerance(sampler_case)) << sampler_case.name;
  }
}

TEST(DpmSolverSamplerTest, LeavesOutTimestepZero) {
  const UnclipScheduler scheduler({});
  ASSERT_OK_AND_ASSIGN(const std::vector<int> seven, DpmSolverSampler::Timesteps(scheduler, 7));
  EXPECT_THAT(seven, ElementsAre(999, 856, 714, 571, 428, 285, 143));
  ASSERT_OK_AND_ASSIGN(const std::vector<int> one, DpmSolverSampler::Timesteps(scheduler, 1));
  EXPECT_THAT(one, ElementsAre(999));
}

TEST(DpmSolverSamplerTest, NeverAddsNoise) {
  const UnclipScheduler scheduler({});
  const DpmSolverSampler sampler(scheduler, {999, 500});
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(sampler.NeedsNoise(i));
}

TEST(DpmSolverSamplerTest, EndsAtTheEstimateHoweverManySteps) {
  const UnclipScheduler scheduler({});
  for (int step_count : {1, 2, 999}) {
    ASSERT_OK_AND_ASSIGN(const std::vector<int> timesteps, DpmSolverSampler::Timesteps(scheduler, step_count));
    DpmSolverSampler sampler(scheduler, timesteps);
    Sampler::Step step;
    step.previous_sample = SomeSample();
    for (int i = 0; i < step_count; ++i) {
      step = sampler.Advance(i, step.previous_sample * 0.9, step.previous_sample, at::Tensor());
      ASSERT_TRUE(at::isfinite(step.previous_sample).all().item<bool>()) << "step " << i << " of " << step_count;
    }
    EXPECT_TRUE(step.previous_sample.equal(step.original_sample)) << step_count << " steps";
  }
}

TEST(DpmSolverSamplerTest, LeavesTheLearnedVarianceAlone) {
  UnclipScheduler::Options learned;
  learned.variance_type = UnclipScheduler::VarianceType::kLearnedRange;
  const at::Tensor x = SomeSample();
  const UnclipScheduler scheduler({});
  const UnclipScheduler learned_scheduler(learned);
  DpmSolverSampler sampler(scheduler, {600, 400, 200});
  DpmSolverSampler learned_sampler(learned_scheduler, {600, 400, 200});
  for (int i = 0; i < 2; ++i) {  // the second step also reads what the first left
    const at::Tensor prediction = x * (1 - i * 0.5);
    const at::Tensor output = at::cat({prediction, at::full_like(x, 7)}, 1);  // [1, 4, 3]
    const Sampler::Step expected = sampler.Advance(i, prediction, x, at::Tensor());
    const Sampler::Step step = learned_sampler.Advance(i, output, x, at::Tensor());
    EXPECT_TRUE(step.previous_sample.equal(expected.previous_sample));
    EXPECT_TRUE(step.original_sample.equal(expected.original_sample));
  }
}

}  // namespace
}  // namespace unclip::model
