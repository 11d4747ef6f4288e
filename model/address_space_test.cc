#include "model/address_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unclip::model {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(AddressSpaceTest, TakesTheLowestRangeThatIsLargeEnough) {
  AddressSpace space(100);
  EXPECT_EQ(space.Take(10), 0);
  EXPECT_EQ(space.Take(20), 10);
  EXPECT_EQ(space.Take(5), 30);
  space.Give(0, 10);
  EXPECT_EQ(space.Take(11), 35);
  EXPECT_EQ(space.Take(4), 0);
  EXPECT_EQ(space.Take(6), 4);
}

TEST(AddressSpaceTest, HasNothingWhereNoRangeIsLargeEnough) {
  AddressSpace space(100);
  EXPECT_EQ(space.Take(101), std::nullopt);
  EXPECT_EQ(space.Take(100), 0);
  EXPECT_EQ(space.Take(1), std::nullopt);
}

TEST(AddressSpaceTest, KnowsWhereTheUseEnds) {
  AddressSpace space(100);
  EXPECT_EQ(space.tail(), 0);
  space.Take(30);
  space.Take(60);
  EXPECT_EQ(space.tail(), 90);
  space.Give(0, 30);
  EXPECT_EQ(space.tail(), 90);
  space.Take(10);
  space.Take(10);
  space.Take(10);
  EXPECT_EQ(space.tail(), 90);
  space.Take(10);
  EXPECT_EQ(space.tail(), 100);
}

TEST(AddressSpaceTest, JoinsWhatComesBackWithItsNeighbours) {
  AddressSpace space(100);
  for (int i = 0; i < 5; ++i) space.Take(20);
  space.Give(20, 20);
  space.Give(60, 20);
  EXPECT_THAT(space.free_ranges(), ElementsAre(Pair(20, 20), Pair(60, 20)));
  space.Give(40, 20);
  EXPECT_THAT(space.free_ranges(), ElementsAre(Pair(20, 60)));
  space.Give(80, 20);
  space.Give(0, 20);
  EXPECT_THAT(space.free_ranges(), ElementsAre(Pair(0, 100)));
}

}  // namespace
}  // namespace unclip::model
