#include "model/diffusion/unclip_scheduler.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

UnclipScheduler::Options Learned() {
  UnclipScheduler::Options options;
  options.variance_type = UnclipScheduler::VarianceType::kLearnedRange;
  return options;
}

// The noise's weight in a step from `timestep` to the one before it.
float DeviationAt(int timestep) {
  const UnclipScheduler scheduler({});
  const at::Tensor zeros = at::zeros({1, 1});
  return scheduler.Advance(zeros, timestep, timestep - 1, zeros, at::full({1, 1}, 1.0F)).previous_sample.item<float>();
}

TEST(UnclipSchedulerTest, FollowsTheCosineSchedule) {
  const UnclipScheduler scheduler({});
  EXPECT_NEAR(scheduler.alphas_cumprod()[0], 0.9999587, 1e-7);
  EXPECT_NEAR(scheduler.alphas_cumprod()[999], 2.4287e-9, 1e-13);
}

TEST(UnclipSchedulerTest, SpreadsTimestepsOverTheWholeSchedule) {
  const UnclipScheduler scheduler({});
  ASSERT_OK_AND_ASSIGN(const std::vector<int> seven, scheduler.Timesteps(7));
  EXPECT_THAT(seven, ElementsAre(999, 832, 666, 500, 333, 166, 0));
  ASSERT_OK_AND_ASSIGN(const std::vector<int> twenty_five, scheduler.Timesteps(25));
  EXPECT_THAT(twenty_five, ElementsAre(999, 957, 916, 874, 832, 791, 749, 708, 666, 624, 583, 541, 500, 458, 416, 375, 333, 291,
                                       250, 208, 166, 125, 83, 42, 0));
}

TEST(UnclipSchedulerTest, RefusesStepCountsThatItsRuleCannotSpread) {
  const UnclipScheduler scheduler({});
  for (int step_count : {-1, 0, 1, 1001}) {
    EXPECT_THAT(scheduler.Timesteps(step_count), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 to 1000")));
  }
}

// The numbers are those of the reference's own unit tests.
TEST(UnclipSchedulerTest, UsesThePosteriorDeviation) {
  EXPECT_NEAR(DeviationAt(487), 0.0549625, 1e-5);
  EXPECT_NEAR(DeviationAt(999), 0.9994987, 1e-5);
}

TEST(UnclipSchedulerTest, AddsNoNoiseAtTimestepZero) {
  const UnclipScheduler scheduler({});
  const at::Tensor zeros = at::zeros({1, 1});
  EXPECT_EQ(scheduler.Advance(zeros, 0, -1, zeros, at::Tensor()).previous_sample.item<float>(), 0);
}

// The numbers are those of the reference's own unit tests: log variance at a model output of 0.5.
TEST(UnclipSchedulerTest, InterpolatesTheLearnedVariance) {
  const UnclipScheduler scheduler(Learned());
  const at::Tensor sample = at::zeros({1, 1});
  const at::Tensor output = at::full({1, 2}, 0.5F);
  for (auto [timestep, log_variance] : {std::pair{1, -10.1712790}, {487, -5.7998052}, {999, -0.0010011}}) {
    const at::Tensor with_noise =
        scheduler.Advance(output, timestep, timestep - 1, sample, at::full({1, 1}, 1.0F)).previous_sample;
    const at::Tensor without = scheduler.Advance(output, timestep, timestep - 1, sample, at::zeros({1, 1})).previous_sample;
    const double deviation = (with_noise - without).item<float>();
    EXPECT_NEAR(2 * std::log(deviation), log_variance, 1e-4) << "at " << timestep;
  }
}

TEST(UnclipSchedulerTest, ClampsTheEstimateToItsRange) {
  UnclipScheduler::Options options;
  options.prediction_type = UnclipScheduler::PredictionType::kSample;
  options.clip_sample_range = 5;
  const at::Tensor sample = at::zeros({1, 2});
  const at::Tensor output = at::full({1, 2}, 7.0F);
  EXPECT_EQ(UnclipScheduler(options).Advance(output, 500, 400, sample, sample).original_sample.max().item<float>(), 5);
  options.clip_sample = false;
  EXPECT_EQ(UnclipScheduler(options).Advance(output, 500, 400, sample, sample).original_sample.max().item<float>(), 7);
}

// The reference's full-loop oracle: model(x, t) = x t / (t + 1) from a fixed start.
TEST(UnclipSchedulerTest, RunsTheReferencesFullLoop) {
  const UnclipScheduler scheduler({});
  at::Tensor x = (at::arange(4 * 3 * 8 * 8, at::kFloat) / (4 * 3 * 8 * 8)).reshape({3, 8, 8, 4}).permute({3, 0, 1, 2});
  at::Generator generator = at::detail::createCPUGenerator(0);
  ASSERT_OK_AND_ASSIGN(const std::vector<int> timesteps, scheduler.Timesteps(25));
  for (size_t i = 0; i < timesteps.size(); ++i) {
    const int t = timesteps[i];
    const at::Tensor output = x * (static_cast<double>(t) / (t + 1));
    const at::Tensor noise = t > 0 ? at::randn({4, 3, 8, 8}, generator, at::TensorOptions()) : at::Tensor();
    x = scheduler.Advance(output, t, i + 1 < timesteps.size() ? timesteps[i + 1] : t - 1, x, noise).previous_sample;
  }
  EXPECT_NEAR(x.abs().sum().item<float>(), 258.2044983, 1e-2);
  EXPECT_NEAR(x.abs().mean().item<float>(), 0.3362038, 1e-3);
}

}  // namespace
}  // namespace unclip::model
