#include "gateway/http/jobs/time_estimator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace unclip::gateway {
namespace {

double SecondsLeft(const TimeEstimator& estimator, absl::Duration now) {
  return absl::ToDoubleSeconds(estimator.Remaining(now).value_or(absl::Seconds(-1)));
}

TEST(TimeEstimatorTest, KnowsNothingBeforeTheFirstReport) {
  TimeEstimator estimator;
  EXPECT_EQ(estimator.Remaining(absl::Seconds(1)), std::nullopt);
  estimator.Report(0.5, absl::Seconds(1));
  EXPECT_EQ(estimator.Remaining(absl::Seconds(1)), std::nullopt) << "it has not started";
  estimator.Start(absl::Seconds(1));
  EXPECT_EQ(estimator.Remaining(absl::Seconds(2)), std::nullopt);
  estimator.Report(0, absl::Seconds(2));
  EXPECT_EQ(estimator.Remaining(absl::Seconds(2)), std::nullopt);
}

TEST(TimeEstimatorTest, KnowsASteadyRate) {
  TimeEstimator estimator;
  estimator.Start(absl::Seconds(100));
  for (int step = 1; step <= 10; ++step) {
    const absl::Duration now = absl::Seconds(100 + 2 * step);
    estimator.Report(step / 10.0, now);
    EXPECT_NEAR(SecondsLeft(estimator, now), 20 - 2 * step, 1e-6) << step;
  }
}

TEST(TimeEstimatorTest, CountsDownBetweenReportsButNotBelowNothing) {
  TimeEstimator estimator;
  estimator.Start(absl::ZeroDuration());
  estimator.Report(0.5, absl::Seconds(10));
  EXPECT_NEAR(SecondsLeft(estimator, absl::Seconds(14)), 6, 1e-6);
  EXPECT_EQ(estimator.Remaining(absl::Seconds(25)), absl::ZeroDuration());
}

TEST(TimeEstimatorTest, FollowsASlowerStage) {
  TimeEstimator estimator;
  estimator.Start(absl::ZeroDuration());
  absl::Duration now = absl::ZeroDuration();
  for (int step = 1; step <= 50; ++step) estimator.Report(step / 100.0, now += absl::Seconds(1));
  for (int step = 51; step <= 75; ++step) estimator.Report(step / 100.0, now += absl::Seconds(10));
  // What is left takes 250 seconds at the late rate, 100 at the mean one.
  EXPECT_GT(SecondsLeft(estimator, now), 220);
  EXPECT_LE(SecondsLeft(estimator, now), 250);
}

TEST(TimeEstimatorTest, IsNotMisledByBursts) {
  TimeEstimator estimator;
  estimator.Start(absl::ZeroDuration());
  // Ten pictures take a step together every second.
  for (int step = 1; step <= 30; ++step) {
    for (int image = 1; image <= 10; ++image) estimator.Report((10 * (step - 1) + image) / 1000.0, absl::Seconds(step));
  }
  EXPECT_NEAR(SecondsLeft(estimator, absl::Seconds(30)), 70, 6);
}

TEST(TimeEstimatorTest, NeverGoesBack) {
  TimeEstimator estimator;
  estimator.Start(absl::ZeroDuration());
  estimator.Report(0.5, absl::Seconds(10));
  estimator.Report(0.25, absl::Seconds(10));
  EXPECT_NEAR(SecondsLeft(estimator, absl::Seconds(10)), 10, 1e-6);
  estimator.Report(7, absl::Seconds(20));
  EXPECT_EQ(estimator.Remaining(absl::Seconds(20)), absl::ZeroDuration());
}

}  // namespace
}  // namespace unclip::gateway
