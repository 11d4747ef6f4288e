#include "tools/simulate/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace unclip::simulate {
namespace {

std::vector<absl::Duration> Arrivals(uint64_t seed, absl::Span<const RatePeriod> periods, absl::Duration end) {
  RandomNumbers random(seed);
  return PoissonArrivals(periods, end, random);
}

int CountBetween(const std::vector<absl::Duration>& times, double from, double to) {
  return static_cast<int>(std::count_if(times.begin(), times.end(),
                                        [=](absl::Duration t) { return t >= absl::Seconds(from) && t < absl::Seconds(to); }));
}

TEST(ArrivalsTest, ComeAtTheRatesThatWereAskedFor) {
  const std::vector<RatePeriod> periods = {
      {absl::Seconds(100), 10}, {absl::Seconds(500), 0}, {absl::Seconds(600), 40}, {absl::Seconds(700), 5}};
  const std::vector<absl::Duration> times = Arrivals(3, periods, absl::Seconds(1500));
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(CountBetween(times, 0, 100), 0);
  EXPECT_EQ(CountBetween(times, 500, 600), 0);
  EXPECT_EQ(CountBetween(times, 1500, 1e9), 0);
  // 4000 are expected in each; five standard deviations.
  for (const auto& [from, to] : {std::pair{100.0, 500.0}, {600.0, 700.0}, {700.0, 1500.0}}) {
    EXPECT_NEAR(CountBetween(times, from, to), 4000, 5 * std::sqrt(4000));
  }
}

TEST(ArrivalsTest, HaveTheGapsOfAPoissonProcess) {
  const std::vector<absl::Duration> times = Arrivals(4, {{absl::ZeroDuration(), 100}}, absl::Seconds(1000));
  double sum = 0, squares = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    const double gap = absl::ToDoubleSeconds(times[i] - times[i - 1]) * 100;
    sum += gap;
    squares += gap * gap;
  }
  const double n = static_cast<double>(times.size() - 1);
  // The mean of n exponentials has the standard deviation 1 / √n, that of their squares (mean 2, variance 20) √(20 / n).
  EXPECT_NEAR(sum / n, 1, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 2, 5 * std::sqrt(20 / n));
}

TEST(ArrivalsTest, FollowFromTheSeed) {
  const std::vector<RatePeriod> periods = {{absl::ZeroDuration(), 10}};
  EXPECT_EQ(Arrivals(1, periods, absl::Seconds(10)), Arrivals(1, periods, absl::Seconds(10)));
  EXPECT_NE(Arrivals(1, periods, absl::Seconds(10)), Arrivals(2, periods, absl::Seconds(10)));
}

TEST(RandomNumbersTest, GivesEveryIndex) {
  RandomNumbers random(1);
  std::vector<int> counts(3);
  for (int i = 0; i < 3000; ++i) ++counts[random.Index(3)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(3000 * 2 / 9.0));
}

}  // namespace
}  // namespace unclip::simulate
