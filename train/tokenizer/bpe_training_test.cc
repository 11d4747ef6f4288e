#include "train/tokenizer/bpe_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unclip::train {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(BpeTrainingTest, JoinsWhatOccursMostOften) {
  // "lo" 7 times, "lo w</w>" 5, "e r</w>" and "lo w" 2 each, of which "e r</w>" comes first.
  const WordCounts words = {{"low", 5}, {"lower", 2}};
  EXPECT_THAT(LearnMerges(words, 3), ElementsAre(Pair("l", "o"), Pair("lo", "w</w>"), Pair("e", "r</w>")));
}

TEST(BpeTrainingTest, StopsWhenNothingOccursTwice) {
  EXPECT_THAT(LearnMerges({{"ab", 2}, {"cd", 1}}, 100), ElementsAre(Pair("a", "b</w>")));
  EXPECT_THAT(LearnMerges({{"a", 100}, {"", 3}}, 100), IsEmpty());
  EXPECT_THAT(LearnMerges({}, 100), IsEmpty());
}

TEST(BpeTrainingTest, CountsNeighboursAnewAfterAJoin) {
  // The last a is another token. After the first join "aa a a</w>" is left, in which both pairs are equally frequent.
  EXPECT_THAT(LearnMerges({{"aaaa", 3}}, 10), ElementsAre(Pair("a", "a"), Pair("a", "a</w>"), Pair("aa", "aa</w>")));
}

TEST(BpeTrainingTest, WritesBytesByTheirNames) {
  // é is C3 A9, whose names are U+00C3 and U+00A9.
  EXPECT_THAT(LearnMerges({{"\xC3\xA9", 2}}, 1), ElementsAre(Pair("\xC3\x83", "\xC2\xA9</w>")));
}

TEST(BpeTrainingTest, EndsOnManyWords) {
  WordCounts words;
  for (int i = 0; i < 2000; ++i) words["word" + std::to_string(i * 7919 % 100003)] = 1 + i % 13;
  const clip::BpeMerges merges = LearnMerges(words, 1000);
  EXPECT_EQ(merges.size(), 1000u);
  EXPECT_THAT(merges[0], Pair("o", "r"));
}

}  // namespace
}  // namespace unclip::train
