#include "common/validation/field_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(CheckIntRangeTest, AcceptsBothEnds) {
  EXPECT_OK(CheckIntRange("step_count", 2, 2, 1000));
  EXPECT_OK(CheckIntRange("step_count", 1000, 2, 1000));
}

TEST(CheckIntRangeTest, NamesFieldValueAndRange) {
  EXPECT_THAT(CheckIntRange("step_count", 1, 2, 1000), StatusIs(kInvalid, "step_count is 1; it must be 2 to 1000"));
  EXPECT_THAT(CheckIntRange("step_count", 1001, 2, 1000), StatusIs(kInvalid, HasSubstr("1001")));
  EXPECT_THAT(CheckIntRange("step_count", std::numeric_limits<int64_t>::min(), 2, 1000),
              StatusIs(kInvalid, HasSubstr("-9223372036854775808")));
}

TEST(CheckDoubleRangeTest, AcceptsBothEndsAndNegativeZero) {
  EXPECT_OK(CheckDoubleRange("guidance_scale", 0, 0, 100));
  EXPECT_OK(CheckDoubleRange("guidance_scale", -0.0, 0, 100));
  EXPECT_OK(CheckDoubleRange("guidance_scale", 100, 0, 100));
}

TEST(CheckDoubleRangeTest, NamesFieldValueAndRange) {
  EXPECT_THAT(CheckDoubleRange("guidance_scale", 1e30, 0, 100),
              StatusIs(kInvalid, "guidance_scale is 1e+30; it must be a number from 0 to 100"));
  EXPECT_THAT(CheckDoubleRange("guidance_scale", -0.5, 0, 100), StatusIs(kInvalid, HasSubstr("-0.5")));
}

TEST(CheckDoubleRangeTest, RefusesWhatIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(CheckDoubleRange("guidance_scale", std::nan(""), 0, 100), StatusIs(kInvalid, HasSubstr("nan")));
  EXPECT_THAT(CheckDoubleRange("guidance_scale", infinity, 0, 100), StatusIs(kInvalid, HasSubstr("inf")));
  EXPECT_THAT(CheckDoubleRange("guidance_scale", -infinity, 0, 100), StatusIs(kInvalid, HasSubstr("-inf")));
  EXPECT_THAT(CheckDoubleRange("guidance_scale", infinity, 0, infinity), StatusIs(kInvalid, HasSubstr("inf")));
}

TEST(CheckTextTest, AcceptsTextOfEveryPlane) {
  EXPECT_OK(CheckText("prompt", "", 0));
  EXPECT_OK(CheckText("prompt", "a cat\tand\r\na dog", 100));
  // Last code points before and first ones after each boundary: 2, 3 and 4 bytes, around the surrogates, and U+10FFFF.
  EXPECT_OK(CheckText("prompt", "\u00A0\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF", 100));
}

TEST(CheckTextTest, CountsBytesNotCharacters) {
  EXPECT_OK(CheckText("prompt", "é", 2));
  EXPECT_THAT(CheckText("prompt", "éa", 2), StatusIs(kInvalid, "prompt is 3 bytes long; it must be at most 2 bytes of UTF-8"));
}

TEST(CheckTextTest, RefusesWhatIsNotUtf8) {
  struct Case {
    absl::string_view text;
    absl::string_view byte;
  };
  const Case cases[] = {
      {"abc\x80", "0x80"},              // lone continuation
      {"abc\xC0\xAF", "0xc0"},          // overlong
      {"abc\xC1\xBF", "0xc1"},          // overlong
      {"abc\xE0\x80\xAF", "0xe0"},      // overlong
      {"abc\xF0\x80\x80\xAF", "0xf0"},  // overlong
      {"abc\xED\xA0\x80", "0xed"},      // high surrogate
      {"abc\xED\xBF\xBF", "0xed"},      // low surrogate
      {"abc\xF4\x90\x80\x80", "0xf4"},  // past U+10FFFF
      {"abc\xF5\x80\x80\x80", "0xf5"},  // never a lead byte
      {"abc\xFF", "0xff"},              // never a byte
      {"abc\xC3", "0xc3"},              // cut off
      {"abc\xE2\x82", "0xe2"},          // cut off
      {"abc\xF0\x9F\x98", "0xf0"},      // cut off
      {"abc\xE2\x82g", "0xe2"},         // third byte is no continuation
      {"abc\xF0\x9F\x98g", "0xf0"},     // fourth byte is no continuation
  };
  for (const Case& c : cases) {
    EXPECT_THAT(
        CheckText("prompt", c.text, 100),
        StatusIs(kInvalid, AllOf(HasSubstr("prompt is not valid UTF-8"), HasSubstr(std::string(c.byte)), HasSubstr("offset 3"))));
  }
}

TEST(CheckTextTest, RefusesControlCharacters) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t' || c == '\n' || c == '\r') continue;
    EXPECT_THAT(CheckText("prompt", std::string("ab") + static_cast<char>(c), 100),
                StatusIs(kInvalid, AllOf(HasSubstr("control character"), HasSubstr("offset 2"))))
        << c;
  }
  EXPECT_THAT(CheckText("prompt", "\x7F", 100), StatusIs(kInvalid, HasSubstr("U+007F")));
  EXPECT_THAT(CheckText("prompt", "\xC2\x80", 100), StatusIs(kInvalid, HasSubstr("U+0080")));
  EXPECT_THAT(CheckText("prompt", "\xC2\x9F", 100), StatusIs(kInvalid, HasSubstr("U+009F")));
}

TEST(CheckTextTest, NeverEchoesTheText) {
  const absl::Status status = CheckText("prompt", "a secret\x01", 100);
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("secret")));
}

TEST(CheckFiniteTest, NamesTheFirstBadValue) {
  EXPECT_OK(CheckFinite("text_embedding", std::vector<float>{0, -1, std::numeric_limits<float>::max()}));
  EXPECT_OK(CheckFinite("text_embedding", std::vector<float>{}));
  EXPECT_THAT(CheckFinite("text_embedding", std::vector<float>{0, std::nanf(""), INFINITY}),
              StatusIs(kInvalid, "text_embedding[1] is nan; every value must be finite"));
  EXPECT_THAT(CheckFinite("text_embedding", std::vector<float>{-INFINITY}), StatusIs(kInvalid, HasSubstr("-inf")));
}

TEST(CheckLengthTest, NamesBothLengths) {
  EXPECT_OK(CheckLength("values", 768, 768));
  EXPECT_THAT(CheckLength("values", 767, 768), StatusIs(kInvalid, "values has 767 values; it must have 768"));
}

}  // namespace
}  // namespace unclip
