#include "gateway/http/body/json_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

JsonObject Parsed(absl::string_view body) {
  absl::StatusOr<JsonObject> object = JsonObject::Parse(body);
  EXPECT_OK(object) << body;
  return object.ok() ? *std::move(object) : JsonObject();
}

TEST(JsonObjectTest, ReadsEveryType) {
  JsonObject body = Parsed(R"({"prompt": "a \u00e9 cat", "n": 3, "scale": 2.5, "stream": true})");
  EXPECT_THAT(body.GetString("prompt").value(), Optional(std::string("a é cat")));
  EXPECT_THAT(body.GetInt("n", 1, 10).value(), Optional(3));
  EXPECT_THAT(body.GetDouble("scale", 0, 100).value(), Optional(2.5));
  EXPECT_THAT(body.GetBool("stream").value(), Optional(true));
  EXPECT_EQ(body.UnknownName(), std::nullopt);
}

TEST(JsonObjectTest, AbsentAndNullAreNothing) {
  JsonObject body = Parsed(R"({"prompt": null})");
  for (const char* name : {"prompt", "other"}) {
    EXPECT_EQ(body.GetString(name).value(), std::nullopt);
    EXPECT_EQ(body.GetInt(name, 1, 10).value(), std::nullopt);
    EXPECT_EQ(body.GetUint64(name).value(), std::nullopt);
    EXPECT_EQ(body.GetDouble(name, 0, 1).value(), std::nullopt);
    EXPECT_EQ(body.GetBool(name).value(), std::nullopt);
    EXPECT_FALSE(body.Has(name));
  }
}

TEST(JsonObjectTest, TellsOfTheFirstNameThatNobodyAskedFor) {
  JsonObject body = Parsed(R"({"b": 1, "a": null, "c": []})");
  EXPECT_EQ(body.UnknownName(), "b");
  EXPECT_OK(body.GetInt("b", 0, 1));
  EXPECT_FALSE(body.Has("a"));
  EXPECT_EQ(body.UnknownName(), "a") << "Has() is no question";
  EXPECT_OK(body.GetString("a"));
  EXPECT_THAT(body.GetString("c"), StatusIs(kInvalid, "c is a list; it must be a string"));
  EXPECT_EQ(body.UnknownName(), std::nullopt) << "a wrong value is a known one";
}

TEST(JsonObjectTest, KeepsEveryDigitOfWholeNumbers) {
  JsonObject body = Parsed(R"({"a": 18446744073709551615, "b": 9007199254740993, "c": "18446744073709551615", "d": -0,
                               "e": -9223372036854775808})");
  EXPECT_THAT(body.GetUint64("a").value(), Optional(18446744073709551615u));
  EXPECT_THAT(body.GetUint64("b").value(), Optional(9007199254740993u));
  EXPECT_THAT(body.GetUint64("c").value(), Optional(18446744073709551615u));
  EXPECT_THAT(body.GetUint64("d").value(), Optional(0u));
  EXPECT_THAT(body.GetInt("e", INT64_MIN, INT64_MAX).value(), Optional(INT64_MIN));
}

TEST(JsonObjectTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  JsonObject body =
      Parsed(R"({"text": "3", "whole": 11, "real": 1.0, "large": 18446744073709551616, "negative": -1, "flag": true})");
  EXPECT_THAT(body.GetInt("text", 1, 10), StatusIs(kInvalid, "text is \"3\"; it must be a whole number from 1 to 10"));
  EXPECT_THAT(body.GetInt("whole", 1, 10), StatusIs(kInvalid, "whole is 11; it must be 1 to 10"));
  EXPECT_THAT(body.GetInt("real", 1, 10), StatusIs(kInvalid, "real is 1.0; it must be a whole number from 1 to 10"));
  EXPECT_THAT(body.GetInt("large", 1, 10), StatusIs(kInvalid, HasSubstr("large is 18446744073709551616; it must be")));
  EXPECT_THAT(body.GetInt("flag", 1, 10), StatusIs(kInvalid, HasSubstr("flag is true; it must be a whole number")));
  EXPECT_THAT(body.GetUint64("large"), StatusIs(kInvalid, HasSubstr("0 to 18446744073709551615")));
  EXPECT_THAT(body.GetUint64("negative"), StatusIs(kInvalid, HasSubstr("negative is -1;")));
  EXPECT_THAT(body.GetUint64("real"), StatusIs(kInvalid, HasSubstr("real is 1.0;")));
  EXPECT_THAT(body.GetDouble("text", 0, 1), StatusIs(kInvalid, "text is \"3\"; it must be a number from 0 to 1"));
  EXPECT_THAT(body.GetDouble("whole", 0, 1), StatusIs(kInvalid, "whole is 11; it must be a number from 0 to 1"));
  EXPECT_THAT(body.GetBool("text"), StatusIs(kInvalid, "text is \"3\"; it must be true or false"));
  EXPECT_THAT(body.GetBool("whole"), StatusIs(kInvalid, "whole is 11; it must be true or false"));
  EXPECT_THAT(body.GetString("real"), StatusIs(kInvalid, "real is 1.0; it must be a string"));
}

TEST(JsonObjectTest, ErrorsShowLongValuesShort) {
  JsonObject body =
      Parsed(absl::StrCat(R"({"text": ")", std::string(1000, 'x'), R"(", "real": 0.)", std::string(1000, '1'), "}"));
  for (const char* name : {"text", "real"}) {
    const absl::StatusOr<std::optional<int64_t>> value = body.GetInt(name, 1, 10);
    EXPECT_THAT(value, StatusIs(kInvalid, HasSubstr("...")));
    EXPECT_LT(value.status().message().size(), 120u);
  }
}

TEST(JsonObjectTest, RefusesWhatIsNoJson) {
  for (const absl::string_view body : {absl::string_view("{"),
                                       absl::string_view("{}x"),
                                       absl::string_view("{\"a\":1}{}"),
                                       absl::string_view("{'a':1}"),
                                       absl::string_view("{\"a\":1,}"),
                                       absl::string_view("{\"a\":NaN}"),
                                       absl::string_view("{\"a\":Infinity}"),
                                       absl::string_view("{\"a\":01}"),
                                       absl::string_view("{\"a\":+1}"),
                                       absl::string_view("{\"a\":.5}"),
                                       absl::string_view("{\"a\":0x1}"),
                                       absl::string_view("{\"a\":1 /* one */}"),
                                       absl::string_view("{\"a\":\"\x01\"}"),
                                       absl::string_view("{\"a\":\"\xFF\"}"),
                                       absl::string_view("{\"a\":\"\xC0\x80\"}"),
                                       absl::string_view("{\"a\":\"\\ud800\"}"),
                                       absl::string_view("{\"a\":\"\xED\xA0\x80\"}"),
                                       absl::string_view("{\"a\":tru}"),
                                       absl::string_view("{1:2}"),
                                       absl::string_view("{\"a\":\"\\x41\"}"),
                                       absl::string_view("{}\0x", 4),
                                       absl::string_view("{}\0", 3),
                                       absl::string_view("\xFE\xFF\0{", 4)}) {
    EXPECT_THAT(JsonObject::Parse(body), StatusIs(kInvalid, HasSubstr("is not valid JSON at byte"))) << body;
  }
}

TEST(JsonObjectTest, RefusesWhatIsNoObject) {
  EXPECT_THAT(JsonObject::Parse(""), StatusIs(kInvalid, "the body is empty; it must be a JSON object"));
  EXPECT_THAT(JsonObject::Parse("[{}]"), StatusIs(kInvalid, "the body is a JSON list; it must be an object"));
  for (const char* body : {"1", "-1", "1.5", "null", "true", "\"a\""}) {
    EXPECT_THAT(JsonObject::Parse(body), StatusIs(kInvalid, "the body is not a JSON object; it must be one")) << body;
  }
  EXPECT_THAT(JsonObject::Parse("1e999"), StatusIs(kInvalid, HasSubstr("the body is not valid JSON")));
}

TEST(JsonObjectTest, RefusesANameThatComesTwice) {
  EXPECT_THAT(JsonObject::Parse(R"({"n": 1, "prompt": "a", "n": 1})"),
              StatusIs(kInvalid, "the body has the field \"n\" twice; it must have it once"));
  EXPECT_THAT(JsonObject::Parse(R"({"n": 1, "\u006e": 1})"), StatusIs(kInvalid, HasSubstr("\"n\" twice")));
}

TEST(JsonObjectTest, RefusesANumberThatNoDoubleHolds) {
  EXPECT_THAT(JsonObject::Parse(R"({"scale": 1e999})"), StatusIs(kInvalid, HasSubstr("scale is 1e999; it must be a number")));
  EXPECT_OK(JsonObject::Parse(R"({"scale": 1e-999})"));
}

TEST(JsonObjectTest, HoldsItsLimits) {
  EXPECT_OK(JsonObject::Parse(R"({"a": 1})", {.max_bytes = 8}));
  EXPECT_THAT(JsonObject::Parse(R"({"a": 1})", {.max_bytes = 7}),
              StatusIs(kInvalid, "the body is 8 bytes long; it must be at most 7"));
  EXPECT_OK(JsonObject::Parse(R"({"a": 1, "b": 2})", {.max_fields = 2}));
  EXPECT_THAT(JsonObject::Parse(R"({"a": 1, "b": 2, "c": 3})", {.max_fields = 2}),
              StatusIs(kInvalid, HasSubstr("more than 2 fields")));
  const std::string name(129, 'x');
  EXPECT_THAT(JsonObject::Parse(absl::StrCat("{\"", name, "\": 1}")),
              StatusIs(kInvalid, AllOf(HasSubstr("129 bytes long"), Not(HasSubstr(name)))));
  EXPECT_OK(JsonObject::Parse(absl::StrCat("{\"", name.substr(1), "\": 1}")));
}

TEST(JsonObjectTest, DepthIsBoundedAndCostsNoStack) {
  EXPECT_OK(JsonObject::Parse(R"({"a": [[[[[[[]]]]]]]})"));
  EXPECT_THAT(JsonObject::Parse(R"({"a": [[[[[[[[]]]]]]]]})"), StatusIs(kInvalid, HasSubstr("deeper than 8 levels")));
  for (const char* opening : {"[", "{\"a\":"}) {
    std::string body = R"({"a": )";
    for (int i = 0; i < 100'000; ++i) body += opening;
    EXPECT_THAT(JsonObject::Parse(body), StatusIs(kInvalid, HasSubstr("deeper than 8 levels")));
  }
}

TEST(JsonObjectTest, WalksPastWhatIsNested) {
  JsonObject body = Parsed(R"({"a": {"n": 1, "n": [2, {"m": null}], "x": 1.5}, "n": 7, "b": [1, "two", false]})");
  EXPECT_THAT(body.GetInt("n", 1, 10).value(), Optional(7));
  EXPECT_THAT(body.GetString("a"), StatusIs(kInvalid, "a is an object; it must be a string"));
  EXPECT_TRUE(body.Has("b"));
}

TEST(JsonObjectTest, AcceptsAByteOrderMark) {
  EXPECT_THAT(Parsed("\xEF\xBB\xBF{\"n\": 1}").GetInt("n", 1, 1).value(), Optional(1));
}

}  // namespace
}  // namespace unclip::gateway
