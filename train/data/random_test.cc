#include "train/data/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace unclip::train {
namespace {

// The numbers of the published SplitMix64 for this seed: a training run that is taken up again depends on them.
TEST(RandomTest, GivesTheNumbersOfSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(RandomTest, ReachesEveryNumberBelowTheCountAboutEquallyOften) {
  Random random(3);
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts[random.Below(7)];
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 850);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 1150);
  EXPECT_EQ(random.Below(1), 0);
}

TEST(RandomTest, UnitIsEvenlySpreadBelowOne) {
  Random random(4);
  double sum = 0, largest = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.Unit();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    largest = std::max(largest, x);
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
  EXPECT_GT(largest, 0.99);
}

TEST(RandomTest, CombinedSeedsDifferInValueOrderAndNumberOfParts) {
  std::set<uint64_t> seeds = {CombineSeeds({}), CombineSeeds({0}), CombineSeeds({0, 0}), CombineSeeds({0, 0, 0})};
  for (uint64_t a = 1; a < 50; ++a) {
    for (uint64_t b = 1; b < 50; ++b) seeds.insert(CombineSeeds({a, b}));
  }
  EXPECT_EQ(seeds.size(), 4 + 49 * 49);
}

}  // namespace
}  // namespace unclip::train
