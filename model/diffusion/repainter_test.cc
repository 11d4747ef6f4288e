#include "model/diffusion/repainter.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/status_matchers.h"
#include "model/diffusion/denoise_run.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/sampler.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;

// Remembers what was drawn.
class RecordedNoise final : public NoiseSource {
 public:
  at::Tensor Draw(const NoiseKey& key, const std::vector<int64_t>& shape) override {
    EXPECT_TRUE(keys_.emplace(key.stage, key.step, key.use, key.round).second) << "the same noise twice";
    return noise_.Draw(key, shape);
  }

 private:
  PhiloxNoise noise_{3};
  std::set<std::tuple<uint32_t, int, NoiseKey::Use, int>> keys_;
};

class RepainterTest : public testing::Test {
 protected:
  // Knows the left half of a sample of 1 × 2 × 4 × 4 to be 0.5.
  RepainterTest() { is_known_.narrow(3, 0, 2).fill_(true); }

  DenoiseRun NewRun(const SamplerOptions& options, int resample_count, int jump_length, NoiseSource& noise) {
    auto sampler = MakeSampler(scheduler_, options);
    EXPECT_OK(sampler.status());
    Repainter repainter({.known = known_, .is_known = is_known_, .resample_count = resample_count, .jump_length = jump_length},
                        scheduler_, (*sampler)->timesteps(), NoiseKey::kDecoder);
    return DenoiseRun(*std::move(sampler), noise, NoiseKey::kDecoder, {1, 2, 4, 4}, at::kCPU, std::move(repainter));
  }

  // The steps that a run does, in order.
  std::vector<int> Walk(int step_count, int resample_count, int jump_length) {
    RecordedNoise noise;
    DenoiseRun run = NewRun({.step_count = step_count}, resample_count, jump_length, noise);
    std::vector<int> steps;
    while (!run.done()) {
      steps.push_back(run.step());
      EXPECT_EQ(run.steps_done() + 1, static_cast<int>(steps.size()));
      EXPECT_OK(run.Advance(at::zeros({1, 2, 4, 4})));
    }
    EXPECT_EQ(run.steps_in_all(), static_cast<int>(steps.size()));
    return steps;
  }

  UnclipScheduler scheduler_{{}};
  at::Tensor known_ = at::full({1, 2, 4, 4}, 0.5F);
  at::Tensor is_known_ = at::zeros({1, 1, 4, 4}, at::kBool);
};

TEST_F(RepainterTest, GoesStraightThroughWithoutResampling) { EXPECT_THAT(Walk(4, 1, 2), ElementsAre(0, 1, 2, 3)); }

// The reference's get_schedule_jump(t_T=6, n_sample=1, jump_length=2, jump_n_sample=2), its times t as steps 5 - t.
TEST_F(RepainterTest, GoesOverEachStretchAsTheReferenceDoes) {
  EXPECT_THAT(Walk(6, 2, 2), ElementsAre(0, 1, 2, 1, 2, 3, 4, 3, 4, 5));
  EXPECT_THAT(Walk(3, 3, 1), ElementsAre(0, 0, 0, 1, 1, 1, 2));
}

TEST_F(RepainterTest, ARunNoLongerThanAStretchGoesStraightThrough) { EXPECT_THAT(Walk(3, 5, 3), ElementsAre(0, 1, 2)); }

TEST_F(RepainterTest, TheKnownPartEndsAsItIsKnownWhateverTheModelSays) {
  for (const SamplerKind kind : {SamplerKind::kAncestral, SamplerKind::kDdim, SamplerKind::kDpmSolver}) {
    RecordedNoise noise;
    DenoiseRun run = NewRun({.kind = kind, .step_count = 5}, 2, 2, noise);
    while (!run.done()) {
      ASSERT_OK(run.Advance(run.x() * 0.1));
      EXPECT_TRUE(run.original_sample().narrow(3, 0, 2).equal(known_.narrow(3, 0, 2)));
    }
    EXPECT_TRUE(run.x().narrow(3, 0, 2).equal(known_.narrow(3, 0, 2)));
    EXPECT_FALSE(run.x().narrow(3, 2, 2).equal(known_.narrow(3, 2, 2)));
  }
}

TEST_F(RepainterTest, WhereNothingIsKnownAndNothingResampledTheRunIsAsWithout) {
  is_known_.fill_(false);
  PhiloxNoise noise(3);
  DenoiseRun run = NewRun({.step_count = 4}, 1, 1, noise);
  auto sampler = MakeSampler(scheduler_, {.step_count = 4});
  ASSERT_OK(sampler.status());
  DenoiseRun plain(*std::move(sampler), noise, NoiseKey::kDecoder, {1, 2, 4, 4});
  while (!run.done()) {
    ASSERT_OK(run.Advance(run.x() * 0.3));
    ASSERT_OK(plain.Advance(plain.x() * 0.3));
    EXPECT_TRUE(run.x().equal(plain.x()));
  }
}

TEST_F(RepainterTest, TheKnownPartHasTheNoiseOfItsStep) {
  // Of many values, so that their mean and deviation tell.
  known_ = at::full({1, 1, 200, 200}, 0.5F);
  is_known_ = at::ones({1, 1, 200, 200}, at::kBool);
  ASSERT_OK_AND_ASSIGN(const std::vector<int> timesteps, scheduler_.Timesteps(5));
  Repainter repainter({.known = known_, .is_known = is_known_, .resample_count = 2, .jump_length = 2}, scheduler_, timesteps, 1);
  PhiloxNoise noise(4);
  for (const int step : {1, 2, 3}) {
    const Repainter::Place place = repainter.Arrive(step, at::zeros({1, 1, 200, 200}), noise);
    const double signal = scheduler_.alphas_cumprod()[timesteps[place.step]];
    EXPECT_NEAR(place.x.mean().item<double>(), 0.5 * std::sqrt(signal), 0.02) << step;
    EXPECT_NEAR(place.x.std().item<double>(), std::sqrt(1 - signal), 0.02) << step;
  }
}

TEST_F(RepainterTest, AJumpBackGivesTheRestTheNoiseOfWhereItLands) {
  known_ = at::zeros({1, 1, 200, 200});
  is_known_ = at::zeros({1, 1, 200, 200}, at::kBool);
  ASSERT_OK_AND_ASSIGN(const std::vector<int> timesteps, scheduler_.Timesteps(9));
  Repainter repainter({.known = known_, .is_known = is_known_, .resample_count = 2, .jump_length = 2}, scheduler_, timesteps, 1);
  PhiloxNoise noise(4);
  const double at_six = scheduler_.alphas_cumprod()[timesteps[6]];
  const double at_eight = scheduler_.alphas_cumprod()[timesteps[8]];
  const Repainter::Place place = repainter.Arrive(8, at::ones({1, 1, 200, 200}) * std::sqrt(at_eight), noise);
  ASSERT_EQ(place.step, 6);
  EXPECT_NEAR(place.x.mean().item<double>(), std::sqrt(at_six), 0.02);
  EXPECT_NEAR(place.x.std().item<double>(), std::sqrt(1 - at_six / at_eight), 0.02);
  EXPECT_EQ(repainter.Arrive(8, place.x, noise).step, 8);  // once is enough
}

}  // namespace
}  // namespace unclip::model
