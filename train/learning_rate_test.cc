#include "train/learning_rate.h"

#include <gtest/gtest.h>

namespace unclip::train {
namespace {

TEST(LearningRateTest, RisesThenFallsAlongACosine) {
  const LearningRate rate = {.peak = 1, .warmup_steps = 10, .steps = 100, .final_share = 0.1};
  EXPECT_NEAR(rate.At(0), 0.1, 1e-9);
  EXPECT_NEAR(rate.At(4), 0.5, 0.01);
  EXPECT_NEAR(rate.At(50), 0.1 + 0.9 * 0.5, 1e-9);
  EXPECT_NEAR(rate.At(100), 0.1, 1e-9);
  for (int step = 10; step < 100; ++step) EXPECT_GT(rate.At(step), rate.At(step + 1));
}

TEST(LearningRateTest, BeginsAtThePeakWithoutWarmUp) {
  const LearningRate rate = {.peak = 0.5, .warmup_steps = 0, .steps = 10, .final_share = 0};
  EXPECT_EQ(rate.At(0), 0.5);
}

}  // namespace
}  // namespace unclip::train
