#include "services/clip/added_token_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace unclip::clip {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Split(const AddedTokenMatcher& matcher, absl::string_view text) {
  std::vector<std::string> pieces;
  matcher.Split(
      text, [&](absl::string_view piece) { pieces.emplace_back(piece); },
      [&](int32_t id) { pieces.push_back(absl::StrCat("#", id)); });
  return pieces;
}

TEST(AddedTokenMatcherTest, FindsTokensBetweenTexts) {
  const AddedTokenMatcher matcher({{"<a>", 1}, {"!", 2}});
  EXPECT_THAT(Split(matcher, "x<a>y!z"), ElementsAre("x", "#1", "y", "#2", "z"));
  EXPECT_THAT(Split(matcher, "<a>!!<a>"), ElementsAre("#1", "#2", "#2", "#1"));
  EXPECT_THAT(Split(matcher, "<a"), ElementsAre("<a"));
  EXPECT_THAT(Split(matcher, ""), IsEmpty());
}

TEST(AddedTokenMatcherTest, PrefersTheLeftmostThenTheLongest) {
  const AddedTokenMatcher matcher({{"ab", 1}, {"abc", 2}, {"bcd", 3}});
  EXPECT_THAT(Split(matcher, "abcd"), ElementsAre("#2", "d"));
  EXPECT_THAT(Split(matcher, "xbcd"), ElementsAre("x", "#3"));
  EXPECT_THAT(Split(matcher, "aab"), ElementsAre("a", "#1"));
}

TEST(AddedTokenMatcherTest, WithoutTokensGivesTheText) { EXPECT_THAT(Split(AddedTokenMatcher({}), "abc"), ElementsAre("abc")); }

// Looking for the absent token anew after each match would take 10^12 steps.
TEST(AddedTokenMatcherTest, TakesLongTexts) {
  const AddedTokenMatcher matcher({{"!", 1}, {"<absent>", 2}});
  EXPECT_EQ(Split(matcher, std::string(1'000'000, '!')).size(), 1'000'000);
}

}  // namespace
}  // namespace unclip::clip
