#include "services/clip/word_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Split(absl::string_view text) {
  static const auto splitter = WordSplitter::Create();
  EXPECT_OK(splitter);
  std::vector<std::string> words;
  (*splitter)->Split(text, [&](absl::string_view word) { words.emplace_back(word); });
  return words;
}

TEST(WordSplitterTest, SplitsLettersDigitsAndTheRest) {
  EXPECT_THAT(Split("a red cat, 42 km!? (x2)"), ElementsAre("a", "red", "cat", ",", "4", "2", "km", "!?", "(", "x", "2", ")"));
}

TEST(WordSplitterTest, SplitsContractions) {
  EXPECT_THAT(Split("it's they're i'll we've you'd i'm don't"),
              ElementsAre("it", "'s", "they", "'re", "i", "'ll", "we", "'ve", "you", "'d", "i", "'m", "don", "'t"));
  EXPECT_THAT(Split("'sun !'s"), ElementsAre("'s", "un", "!'", "s"));
}

TEST(WordSplitterTest, KeepsMarksApartFromLetters) {
  EXPECT_THAT(Split("q\u0308x\u2167"), ElementsAre("q", "\u0308", "x", "\u2167"));
}

TEST(WordSplitterTest, DropsWhiteSpace) {
  EXPECT_THAT(Split(" \u3000a\u2003 b "), ElementsAre("a", "b"));
  EXPECT_THAT(Split("  "), IsEmpty());
  EXPECT_THAT(Split(""), IsEmpty());
}

TEST(WordSplitterTest, TakesLongWords) {
  const std::string word(1'000'000, 'a');
  EXPECT_EQ(Split(word), std::vector<std::string>{word});
  EXPECT_EQ(Split(std::string(1'000'000, '1')).size(), 1'000'000);
}

}  // namespace
}  // namespace unclip::clip
