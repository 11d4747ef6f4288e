#include "bench/rpc_cost/latency_summary.h"

#include <gtest/gtest.h>

namespace unclip::bench {
namespace {

std::vector<absl::Duration> Milliseconds(int count) {
  std::vector<absl::Duration> times;
  for (int i = count; i >= 1; --i) times.push_back(absl::Milliseconds(i));
  return times;
}

TEST(LatencySummaryTest, IsZeroWhenNothingWasMeasured) {
  const LatencySummary summary = Summarize({});
  EXPECT_EQ(summary.mean, absl::ZeroDuration());
  EXPECT_EQ(summary.greatest, absl::ZeroDuration());
}

TEST(LatencySummaryTest, OfOneTimeIsThatTime) {
  const LatencySummary summary = Summarize({absl::Milliseconds(7)});
  EXPECT_EQ(summary.mean, absl::Milliseconds(7));
  EXPECT_EQ(summary.median, absl::Milliseconds(7));
  EXPECT_EQ(summary.p99, absl::Milliseconds(7));
}

TEST(LatencySummaryTest, TakesTheNearestRankOfUnsortedTimes) {
  const LatencySummary summary = Summarize(Milliseconds(200));
  EXPECT_EQ(summary.mean, absl::Microseconds(100'500));
  EXPECT_EQ(summary.median, absl::Milliseconds(100));
  EXPECT_EQ(summary.p95, absl::Milliseconds(190));
  EXPECT_EQ(summary.p99, absl::Milliseconds(198));
  EXPECT_EQ(summary.greatest, absl::Milliseconds(200));
}

TEST(LatencySummaryTest, RoundsARankUp) {
  EXPECT_EQ(Summarize(Milliseconds(3)).median, absl::Milliseconds(2));
  EXPECT_EQ(Summarize(Milliseconds(3)).p95, absl::Milliseconds(3));
}

}  // namespace
}  // namespace unclip::bench
