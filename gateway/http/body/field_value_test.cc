#include "gateway/http/body/field_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(QuotedTest, CutsShortAndEscapes) {
  EXPECT_EQ(Quoted("cat"), "\"cat\"");
  EXPECT_EQ(Quoted("a\"b\n\x01"), R"("a\"b\n\x01")");
  EXPECT_EQ(Quoted("\xFF"), R"("\xff")");
  EXPECT_EQ(Quoted(std::string(41, 'x')), absl::StrCat("\"", std::string(40, 'x'), "...\""));
}

TEST(QuotedTest, NeverCutsInsideACharacter) {
  for (size_t before = 36; before <= 40; ++before) {
    const std::string shown = Quoted(absl::StrCat(std::string(before, 'x'), "\u00e9\u20ac\U0001F600", std::string(40, 'y')));
    EXPECT_OK(CheckUtf8("shown", shown)) << before;
    EXPECT_THAT(shown, HasSubstr("...")) << before;
  }
}

TEST(ParseIntTest, ReadsBothEnds) {
  EXPECT_EQ(ParseInt("n", "1", 1, 10).value(), 1);
  EXPECT_EQ(ParseInt("n", "10", 1, 10).value(), 10);
  EXPECT_EQ(ParseInt("n", "-3", -3, 10).value(), -3);
}

TEST(ParseIntTest, NamesFieldValueAndRange) {
  EXPECT_THAT(ParseInt("n", "11", 1, 10), StatusIs(kInvalid, "n is 11; it must be 1 to 10"));
  EXPECT_THAT(ParseInt("n", "two", 1, 10), StatusIs(kInvalid, "n is \"two\"; it must be a whole number from 1 to 10"));
}

TEST(ParseIntTest, RefusesWhatIsNoPlainDecimal) {
  for (const char* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "1e0", "1,0", "--1", "9223372036854775808", "one"}) {
    EXPECT_THAT(ParseInt("n", text, 0, 10), StatusIs(kInvalid, HasSubstr("whole number from 0 to 10"))) << text;
  }
}

TEST(ParseUint64Test, KeepsEveryDigit) {
  EXPECT_EQ(ParseUint64("seed", "0").value(), 0u);
  EXPECT_EQ(ParseUint64("seed", "9007199254740993").value(), 9007199254740993u);
  EXPECT_EQ(ParseUint64("seed", "18446744073709551615").value(), 18446744073709551615u);
}

TEST(ParseUint64Test, RefusesWhatDoesNotFit) {
  for (const char* text : {"18446744073709551616", "-1", "-0", "1.5", "", "1e3", " 7"}) {
    EXPECT_THAT(ParseUint64("seed", text), StatusIs(kInvalid, HasSubstr("0 to 18446744073709551615"))) << text;
  }
}

TEST(ParseDoubleTest, ReadsNumbersInEveryForm) {
  EXPECT_EQ(ParseDouble("scale", "4", 0, 100).value(), 4);
  EXPECT_EQ(ParseDouble("scale", "4.25", 0, 100).value(), 4.25);
  EXPECT_EQ(ParseDouble("scale", "1e2", 0, 100).value(), 100);
}

TEST(ParseDoubleTest, RefusesWhatIsNotFiniteOrNoNumber) {
  for (const char* text : {"nan", "inf", "-inf", "1e999", "", "0x1p3", "1,5", "4 ", "-0.5", "100.5"}) {
    EXPECT_THAT(ParseDouble("scale", text, 0, 100), StatusIs(kInvalid, HasSubstr("a number from 0 to 100"))) << text;
  }
}

TEST(ParseBoolTest, KnowsTwoWords) {
  EXPECT_TRUE(ParseBool("stream", "true").value());
  EXPECT_FALSE(ParseBool("stream", "false").value());
  for (const char* text : {"True", "1", "0", "yes", ""}) {
    EXPECT_THAT(ParseBool("stream", text), StatusIs(kInvalid, HasSubstr("it must be true or false"))) << text;
  }
}

}  // namespace
}  // namespace unclip::gateway
