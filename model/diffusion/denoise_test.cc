#include "model/diffusion/denoise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <limits>
#include <vector>

#include "base/status_matchers.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/reference_noise.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::Status Ignore(int /*step*/, const at::Tensor& /*original_sample*/) { return absl::OkStatus(); }

TEST(DenoiseTest, AsksTheModelAtEachTimestepAndMarksTheLast) {
  PhiloxNoise noise(1);
  std::vector<int> timesteps;
  std::vector<bool> is_last_flags;
  std::vector<int> steps;
  ASSERT_OK(Denoise(
      UnclipScheduler({}), 3, {2, 4}, noise, NoiseKey::kPrior,
      [&](const at::Tensor& x, int timestep, bool is_last) {
        timesteps.push_back(timestep);
        is_last_flags.push_back(is_last);
        return at::zeros_like(x);
      },
      [&](int step, const at::Tensor& /*x0*/) {
        steps.push_back(step);
        return absl::OkStatus();
      }));
  EXPECT_THAT(timesteps, ElementsAre(999, 500, 0));
  EXPECT_THAT(is_last_flags, ElementsAre(false, false, true));
  EXPECT_THAT(steps, ElementsAre(1, 2, 3));
}

TEST(DenoiseTest, StopsWithTheObserversError) {
  PhiloxNoise noise(1);
  int calls = 0;
  const auto result = Denoise(
      UnclipScheduler({}), 10, {1, 4}, noise, NoiseKey::kPrior,
      [&](const at::Tensor& x, int, bool) {
        ++calls;
        return at::zeros_like(x);
      },
      [](int step, const at::Tensor&) { return step == 2 ? absl::CancelledError("left") : absl::OkStatus(); });
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kCancelled, "left"));
  EXPECT_EQ(calls, 2);
}

TEST(DenoiseTest, RefusesValuesThatAreNotFiniteEvenWhereTheClampWouldHideThem) {
  for (float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    PhiloxNoise noise(1);
    const auto result = Denoise(
        UnclipScheduler({}), 4, {1, 4}, noise, NoiseKey::kPrior,
        [&](const at::Tensor& x, int timestep, bool) { return timestep == 666 ? at::full({1, 4}, bad) : at::zeros_like(x); },
        Ignore);
    EXPECT_THAT(result, StatusIs(absl::StatusCode::kInternal, HasSubstr("timestep 666")));
  }
}

TEST(DenoiseTest, DrawsTheReferencesNoiseInItsOrder) {
  // Start, then one draw for each step whose timestep is above 0.
  ReferenceNoise stream(5);
  std::vector<at::Tensor> expected;
  expected.reserve(3);
  for (int i = 0; i < 3; ++i) expected.push_back(stream.Draw({}, {1, 4}));
  ReferenceNoise noise(5);
  std::vector<at::Tensor> seen;
  ASSERT_OK(Denoise(
      UnclipScheduler({}), 3, {1, 4}, noise, NoiseKey::kPrior,
      [&](const at::Tensor& x, int, bool) {
        seen.push_back(x);
        return at::zeros_like(x);
      },
      Ignore));
  EXPECT_TRUE(seen[0].equal(expected[0]));
  EXPECT_TRUE(noise.Draw({}, {1, 4}).equal(stream.Draw({}, {1, 4})));  // exactly three draws were made
}

TEST(GuideTest, ExtrapolatesFromTheUnconditionalHalf) {
  const at::Tensor output = at::cat({at::full({1, 2}, 1.0F), at::full({1, 2}, 3.0F)});
  EXPECT_TRUE(Guide(output, 4).equal(at::full({1, 2}, 9.0F)));
}

TEST(GuideTest, TakesTheVarianceFromTheConditionalHalf) {
  const at::Tensor output = at::cat({at::full({1, 2, 1, 1}, 1.0F), at::full({1, 2, 1, 1}, 3.0F)});
  const at::Tensor guided = GuideKeepingVariance(output, 4, 1);
  EXPECT_EQ(guided[0][0].item<float>(), 9);
  EXPECT_EQ(guided[0][1].item<float>(), 3);
}

}  // namespace
}  // namespace unclip::model
