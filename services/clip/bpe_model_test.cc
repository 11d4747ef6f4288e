#include "services/clip/bpe_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int32_t kUnknown = 99;

BpeVocabulary Vocabulary() {
  return {{"a", 0},     {"b", 1},  {"c", 2},      {"a</w>", 3},   {"b</w>", 4},
          {"c</w>", 5}, {"ab", 6}, {"bc</w>", 7}, {"abc</w>", 8}, {"aa", 9}};
}

std::vector<int32_t> Encode(const BpeMerges& merges, absl::string_view word) {
  const auto model = BpeModel::Create(Vocabulary(), merges, kUnknown);
  EXPECT_OK(model);
  std::vector<int32_t> ids;
  (*model)->Encode(word, ids);
  return ids;
}

TEST(BpeModelTest, MarksTheEndOfTheWord) {
  EXPECT_THAT(Encode({}, "a"), ElementsAre(3));
  EXPECT_THAT(Encode({}, "abc"), ElementsAre(0, 1, 5));
  EXPECT_THAT(Encode({}, ""), IsEmpty());
}

TEST(BpeModelTest, MergesTheLowestRankFirst) {
  EXPECT_THAT(Encode({{"a", "b"}, {"b", "c</w>"}}, "abc"), ElementsAre(6, 5));
  EXPECT_THAT(Encode({{"b", "c</w>"}, {"a", "b"}}, "abc"), ElementsAre(0, 7));
}

TEST(BpeModelTest, MergesWhatWasMerged) { EXPECT_THAT(Encode({{"b", "c</w>"}, {"a", "bc</w>"}}, "abc"), ElementsAre(8)); }

TEST(BpeModelTest, MergesTheLeftmostOfEqualRank) {
  EXPECT_THAT(Encode({{"a", "a"}}, "aaab"), ElementsAre(9, 0, 4));
  EXPECT_THAT(Encode({{"a", "a"}}, "aaaab"), ElementsAre(9, 9, 4));
}

TEST(BpeModelTest, GivesTheUnknownTokenForEachByteWithoutToken) {
  EXPECT_THAT(Encode({},
                     "a\xff"
                     "b"),
              ElementsAre(0, kUnknown, 4));
  EXPECT_THAT(Encode({}, "\u00e9"), ElementsAre(kUnknown, kUnknown));
}

TEST(BpeModelTest, RefusesMergesOfTokensItDoesNotHave) {
  EXPECT_THAT(BpeModel::Create(Vocabulary(), {{"a", "b"}, {"a", "x"}}, kUnknown),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("merge 2"), HasSubstr("\"x\""))));
  EXPECT_THAT(BpeModel::Create(Vocabulary(), {{"c", "b"}}, kUnknown),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"cb\"")));
}

TEST(BpeModelTest, TakesLongWords) { EXPECT_EQ(Encode({{"a", "a"}}, std::string(1'000'001, 'a')).size(), 500'001); }

}  // namespace
}  // namespace unclip::clip
