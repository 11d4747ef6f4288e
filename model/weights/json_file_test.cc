#include "model/weights/json_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(JsonFileTest, ReadsAnObject) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::json json,
                       ReadJsonObject(WriteTestFile(MakeTestDir() + "/a.json", R"({"a":{"x":1},"b":{"x":2}})")));
  EXPECT_EQ(json["b"]["x"], 2);
}

TEST(JsonFileTest, RefusesWhatIsNoJson) {
  for (const absl::string_view text : {"", "{", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":1,}", "{'a':1}", "{\"a\":1e999}",
                                       "{} {}", "{\"a\":\"\xff\"}", "{\"a\":01}", "{\"a\":\"\n\"}"}) {
    EXPECT_THAT(ParseJsonObject(text, "f.json"), StatusIs(kInvalid, StartsWith("f.json: is not valid JSON at byte "))) << text;
  }
}

TEST(JsonFileTest, RefusesWhatIsNoObject) {
  for (const absl::string_view text : {"[]", "1", "null", "\"a\""}) {
    EXPECT_THAT(ParseJsonObject(text, "f.json"), StatusIs(kInvalid, HasSubstr("must hold a JSON object"))) << text;
  }
}

TEST(JsonFileTest, RefusesKeysGivenTwice) {
  EXPECT_THAT(ParseJsonObject(R"({"a":1,"b":{"a":2},"a":3})", "f.json"), StatusIs(kInvalid, HasSubstr("gives \"a\" twice")));
  EXPECT_THAT(ParseJsonObject(R"({"b":[{"c":2,"c":2}]})", "f.json"), StatusIs(kInvalid, HasSubstr("gives \"c\" twice")));
}

TEST(JsonFileTest, RefusesDeepNesting) {
  const auto nested = [](int depth) {  // objects and lists in turn
    std::string text;
    for (int i = 0; i < depth; ++i) text += i % 2 == 0 ? "{\"a\":" : "[";
    text += '1';
    for (int i = depth - 1; i >= 0; --i) text += i % 2 == 0 ? "}" : "]";
    return text;
  };
  EXPECT_OK(ParseJsonObject(nested(kMaxJsonDepth), "f.json"));
  EXPECT_THAT(ParseJsonObject(nested(kMaxJsonDepth + 1), "f.json"), StatusIs(kInvalid, HasSubstr("nested deeper than 32")));
  EXPECT_THAT(ParseJsonObject("{\"a\":" + std::string(1'000'000, '['), "f.json"), StatusIs(kInvalid, HasSubstr("nested deeper")));
}

TEST(JsonFileTest, RefusesAHugeFile) {
  const std::string path = WriteTestFile(MakeTestDir() + "/a.json", "{}" + std::string(kMaxJsonFileBytes, ' '));
  EXPECT_THAT(ReadJsonObject(path), StatusIs(kInvalid, AllOf(StartsWith(path), HasSubstr("at most 16777216"))));
}

TEST(JsonFileTest, NamesAMissingFile) {
  EXPECT_THAT(ReadJsonObject("no/such.json"), StatusIs(absl::StatusCode::kNotFound, StartsWith("no/such.json: ")));
}

}  // namespace
}  // namespace unclip::model
