#include "services/clip/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

const BpeVocabulary kVocabulary = {{"a", 0}, {"b", 1}};

TEST(ParseAddedTokenTest, TakesTheDefaultWhereTheValueDoesNotSay) {
  for (const bool normalized : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const AddedToken text, ParseAddedToken("f", "k", "<x>", normalized));
    EXPECT_EQ(text.content, "<x>");
    EXPECT_EQ(text.normalized, normalized);
    ASSERT_OK_AND_ASSIGN(const AddedToken object, ParseAddedToken("f", "k", Json{{"content", "<x>"}}, normalized));
    EXPECT_EQ(object.normalized, normalized);
    ASSERT_OK_AND_ASSIGN(const AddedToken says,
                         ParseAddedToken("f", "k", Json{{"content", "<x>"}, {"normalized", !normalized}}, normalized));
    EXPECT_EQ(says.normalized, !normalized);
  }
}

TEST(ParseAddedTokenTest, RefusesWhatIsNoToken) {
  for (const Json& value : {Json(), Json(5), Json::array(), Json::object(), Json{{"content", 1}}, Json("")}) {
    EXPECT_THAT(ParseAddedToken("file", "key", value, true), StatusIs(kInvalid, HasSubstr("file: option \"key\"")));
  }
  EXPECT_THAT(ParseAddedToken("f", "k", Json{{"content", "x"}, {"rstrip", true}}, true),
              StatusIs(kInvalid, HasSubstr("k.rstrip")));
  EXPECT_THAT(ParseAddedToken("f", "k", Json{{"content", "x"}, {"normalized", 1}}, true),
              StatusIs(kInvalid, HasSubstr("k.normalized")));
}

TEST(AddedTokensTest, GivesTheVocabularysIdsAndThenTheNext) {
  AddedTokens tokens(kVocabulary);
  EXPECT_EQ(tokens.next_id(), 2);
  EXPECT_EQ(tokens.Add({.content = "<x>"}), 2);
  EXPECT_EQ(tokens.Add({.content = "b"}), 1);
  EXPECT_EQ(tokens.Add({.content = "<y>"}), 3);
  EXPECT_EQ(tokens.Add({.content = "<x>", .normalized = true}), 2);
  EXPECT_EQ(tokens.next_id(), 4);
  ASSERT_EQ(tokens.tokens().size(), 3);
  EXPECT_FALSE(tokens.tokens()[0].normalized);  // the first counts
}

TEST(AddedTokensTest, AddsADecoderInOrderOfIds) {
  AddedTokens tokens(kVocabulary);
  const Json decoder =
      Json::parse(R"({"3": {"content": "<y>"}, "2": {"content": "<x>", "special": true}, "0": {"content": "a"}})");
  ASSERT_OK(tokens.AddDecoder("f", decoder));
  ASSERT_EQ(tokens.tokens().size(), 3);
  EXPECT_EQ(tokens.tokens()[0].content, "a");
  EXPECT_EQ(tokens.tokens()[1].content, "<x>");
  EXPECT_FALSE(tokens.tokens()[1].normalized);
  EXPECT_TRUE(tokens.tokens()[2].normalized);
}

TEST(AddedTokensTest, RefusesTooManyTokens) {
  Json decoder = Json::object();
  for (int i = 0; i < 1001; ++i) decoder[std::to_string(2 + i)] = {{"content", "<" + std::to_string(i) + ">"}};
  AddedTokens tokens(kVocabulary);
  EXPECT_THAT(tokens.AddDecoder("f", decoder), StatusIs(kInvalid, HasSubstr("1001 tokens")));
}

}  // namespace
}  // namespace unclip::clip
