#include "model/diffusion/denoise_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_matchers.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/reference_noise.h"
#include "model/diffusion/sampler.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DenoiseRunTest : public testing::Test {
 protected:
  DenoiseRun NewRun(int step_count, NoiseSource& noise) {
    auto sampler = MakeSampler(scheduler_, {.step_count = step_count});
    EXPECT_OK(sampler.status());
    return DenoiseRun(*std::move(sampler), noise, NoiseKey::kPrior, {1, 4});
  }

  UnclipScheduler scheduler_{{}};
  PhiloxNoise noise_{1};
};

TEST_F(DenoiseRunTest, AsksForEachTimestepOnce) {
  DenoiseRun run = NewRun(3, noise_);
  EXPECT_EQ(run.step_count(), 3);
  std::vector<int> timesteps;
  while (!run.done()) {
    timesteps.push_back(run.timestep());
    ASSERT_OK(run.Advance(at::zeros({1, 4})));
    EXPECT_EQ(run.step(), timesteps.size());
    EXPECT_EQ(run.original_sample().numel(), 4);
  }
  EXPECT_THAT(timesteps, ElementsAre(999, 500, 0));
}

TEST_F(DenoiseRunTest, RefusesValuesThatAreNotFiniteEvenWhereTheClampWouldHideThem) {
  for (float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    DenoiseRun run = NewRun(4, noise_);
    ASSERT_OK(run.Advance(at::zeros({1, 4})));
    EXPECT_THAT(run.Advance(at::full({1, 4}, bad)), StatusIs(absl::StatusCode::kInternal, HasSubstr("timestep 666")));
  }
}

TEST_F(DenoiseRunTest, AdvancesSeveralAtOnceAndFailsOnlyTheBadOne) {
  PhiloxNoise other_noise(2);
  DenoiseRun first = NewRun(3, noise_), alone = NewRun(3, noise_), bad = NewRun(4, noise_), last = NewRun(5, other_noise);
  DenoiseRun* const runs[] = {&first, &bad, &last};
  const std::vector<absl::Status> results = DenoiseRun::AdvanceAll(
      runs, {at::full({1, 4}, 0.5), at::full({1, 4}, std::numeric_limits<float>::infinity()), at::zeros({1, 4})});
  EXPECT_THAT(results,
              ElementsAre(absl::OkStatus(), StatusIs(absl::StatusCode::kInternal, HasSubstr("timestep 999")), absl::OkStatus()));
  ASSERT_OK(alone.Advance(at::full({1, 4}, 0.5)));
  EXPECT_TRUE(first.x().equal(alone.x()));
  EXPECT_EQ(bad.step(), 0);
  EXPECT_EQ(last.step(), 1);
}

TEST_F(DenoiseRunTest, DrawsTheReferencesNoiseInItsOrder) {
  // Start, then one draw for each step whose timestep is above 0.
  ReferenceNoise stream(5);
  const at::Tensor start = stream.Draw({}, {1, 4});
  for (int i = 0; i < 2; ++i) stream.Draw({}, {1, 4});
  ReferenceNoise noise(5);
  DenoiseRun run = NewRun(3, noise);
  EXPECT_TRUE(run.x().equal(start));
  while (!run.done()) ASSERT_OK(run.Advance(at::zeros({1, 4})));
  EXPECT_TRUE(noise.Draw({}, {1, 4}).equal(stream.Draw({}, {1, 4})));  // exactly three draws were made
}

}  // namespace
}  // namespace unclip::model
