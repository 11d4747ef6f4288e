#include "services/clip/unicode_16.h"

#include <gtest/gtest.h>

namespace unclip::clip {
namespace {

// Counted with tokenizers 0.22.1 over all code points. They change when a set gains or loses one, as it would with a newer ICU.
TEST(Unicode16Test, SetsHaveTheSizeOfTheReferences) {
  EXPECT_EQ(Unicode16Letters().size(), 141028);
  EXPECT_EQ(Unicode16Numbers().size(), 1911);
  EXPECT_EQ(Unicode16WhiteSpace().size(), 25);
}

TEST(Unicode16Test, KnowsWhatUnicode16Brought) {
  EXPECT_TRUE(Unicode16Letters().contains(0x1C89));
  EXPECT_TRUE(Unicode16Letters().contains(0x2EBF0));
  EXPECT_TRUE(Unicode16Numbers().contains(0x1CCF0));
  EXPECT_FALSE(Unicode16Letters().contains(0x1CCF0));
  EXPECT_FALSE(Unicode16Letters().contains(0x1DFA));
}

TEST(Unicode16Test, LowersWhatHasALowerCase) {
  EXPECT_EQ(Unicode16ToLower('A'), 'a');
  EXPECT_EQ(Unicode16ToLower('a'), 'a');
  EXPECT_EQ(Unicode16ToLower('1'), '1');
  EXPECT_EQ(Unicode16ToLower(0x130), 'i');
  EXPECT_EQ(Unicode16ToLower(0xA7DC), 0x19B);
  EXPECT_EQ(Unicode16ToLower(0x10D65), 0x10D85);
  EXPECT_EQ(Unicode16ToLower(0x10D66), 0x10D66);
}

}  // namespace
}  // namespace unclip::clip
