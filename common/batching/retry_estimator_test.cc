#include "common/batching/retry_estimator.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace unclip {
namespace {

TEST(RetryEstimatorTest, SaysOneSecondBeforeItKnowsAnything) { EXPECT_EQ(RetryEstimator().Estimate(64), absl::Seconds(1)); }

TEST(RetryEstimatorTest, SaysHalfTheWorkThatWaits) {
  RetryEstimator estimator;
  estimator.Record(absl::Seconds(1));
  estimator.Record(absl::Seconds(3));
  EXPECT_EQ(estimator.Estimate(8), absl::Seconds(8));
}

TEST(RetryEstimatorTest, ForgetsOldJobs) {
  RetryEstimator estimator;
  estimator.Record(absl::Hours(1));
  for (int i = 0; i < 16; ++i) estimator.Record(absl::Seconds(1));
  EXPECT_EQ(estimator.Estimate(10), absl::Seconds(5));
}

TEST(RetryEstimatorTest, StaysWithinItsBounds) {
  RetryEstimator estimator;
  estimator.Record(absl::Milliseconds(1));
  EXPECT_EQ(estimator.Estimate(1), absl::Milliseconds(100));
  estimator.Record(absl::Hours(1));
  EXPECT_EQ(estimator.Estimate(64), absl::Seconds(60));
}

}  // namespace
}  // namespace unclip
