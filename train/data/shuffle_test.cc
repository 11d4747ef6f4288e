#include "train/data/shuffle.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace unclip::train {
namespace {

std::vector<int64_t> Order(int64_t count, uint64_t seed) {
  std::vector<int64_t> order;
  for (int64_t place = 0; place < count; ++place) order.push_back(ShuffledAt(place, count, seed));
  return order;
}

TEST(ShuffledAtTest, EachStandsAtOnePlace) {
  for (const int64_t count : {1, 2, 3, 4, 5, 7, 16, 17, 100, 4095, 4096, 4097}) {
    const std::vector<int64_t> order = Order(count, 9);
    const std::set<int64_t> different(order.begin(), order.end());
    EXPECT_EQ(different.size(), static_cast<size_t>(count));
    EXPECT_EQ(*different.begin(), 0);
    EXPECT_EQ(*different.rbegin(), count - 1);
  }
}

TEST(ShuffledAtTest, StaysInsideOfHugeCounts) {
  for (int64_t place = 0; place < 100; ++place) {
    const int64_t at = ShuffledAt(place, (int64_t{1} << 40) + 1, 3);
    EXPECT_GE(at, 0);
    EXPECT_LE(at, int64_t{1} << 40);
  }
}

TEST(ShuffledAtTest, TheSeedChoosesTheOrder) {
  EXPECT_EQ(Order(1000, 1), Order(1000, 1));
  EXPECT_NE(Order(1000, 1), Order(1000, 2));
}

TEST(ShuffledAtTest, EveryOrderOfAFewIsAboutAsLikely) {
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t seed = 0; seed < 6000; ++seed) ++counts[Order(3, seed)];
  EXPECT_EQ(counts.size(), 6);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 200);
}

TEST(ShuffledAtTest, NeighboursAreTornApart) {
  const std::vector<int64_t> order = Order(1000, 5);
  int neighbours = 0;
  for (size_t i = 1; i < order.size(); ++i) neighbours += order[i] == order[i - 1] + 1;
  EXPECT_LT(neighbours, 10);
}

// A run that is taken up again depends on it.
TEST(ShuffledAtTest, TheOrderIsTheSameInEveryProcess) { EXPECT_EQ(Order(5, 1), (std::vector<int64_t>{3, 0, 4, 1, 2})); }

}  // namespace
}  // namespace unclip::train
