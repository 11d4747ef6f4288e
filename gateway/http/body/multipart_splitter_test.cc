#include "gateway/http/body/multipart_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr char kPart[] = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";

absl::StatusOr<std::vector<BodyPart>> Split(absl::string_view body) { return SplitMultipart(body, "B", 3); }

// A whole body of one part with these headers.
std::string WithHeaders(absl::string_view headers) { return absl::StrCat("--B\r\n", headers, "\r\n\r\n1\r\n--B--\r\n"); }

TEST(BoundaryOfTest, FindsTheBoundary) {
  EXPECT_EQ(BoundaryOf("multipart/form-data; boundary=abc").value(), "abc");
  EXPECT_EQ(BoundaryOf("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b:c\"").value(), "a b:c");
  EXPECT_EQ(BoundaryOf("multipart/form-data;boundary=----WebKitFormBoundaryX").value(), "----WebKitFormBoundaryX");
}

TEST(BoundaryOfTest, RefusesWhatNamesNone) {
  for (const std::string& content_type :
       {std::string(""), std::string("application/json"), std::string("multipart/mixed; boundary=a"),
        std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""), std::string("multipart/form-data; boundary=\"a \""),
        std::string("multipart/form-data; boundary=\"a\\\"b\""), std::string("multipart/form-data; boundary=a b"),
        absl::StrCat("multipart/form-data; boundary=", std::string(71, 'a')),
        absl::StrCat("multipart/form-data; boundary=", std::string(400'000, 'a'))}) {
    const absl::StatusOr<std::string> boundary = BoundaryOf(content_type);
    EXPECT_THAT(boundary, StatusIs(kInvalid, HasSubstr("it must be multipart/form-data; boundary=")));
    EXPECT_LT(boundary.status().message().size(), 200u);
  }
}

TEST(SplitMultipartTest, TakesPartsApart) {
  const std::string body =
      absl::StrCat("a preamble\r\n", kPart,
                   "--B \t\r\nx-more: 1\r\nCONTENT-TYPE: Text/Plain; charset=utf-8\r\ncontent-disposition: FORM-data; "
                   "filename=\"a \\\"b\\\".png\";"
                   " name=f\r\nContent-Transfer-Encoding: binary\r\n\r\n\r\n\r\n--A\r\n--B--\r\nan epilogue");
  ASSERT_OK_AND_ASSIGN(const std::vector<BodyPart> parts, Split(body));
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts[0].name, "a");
  EXPECT_FALSE(parts[0].is_file);
  EXPECT_EQ(parts[0].content, "1");
  EXPECT_EQ(parts[0].content_type, "");
  EXPECT_EQ(parts[1].name, "f");
  EXPECT_TRUE(parts[1].is_file);
  EXPECT_EQ(parts[1].file_name, "a \"b\".png");
  EXPECT_EQ(parts[1].content_type, "text/plain");
  EXPECT_EQ(parts[1].content, "\r\n\r\n--A");
}

TEST(SplitMultipartTest, NeedsNoLineEndAfterTheLastBoundary) {
  EXPECT_THAT(Split(absl::StrCat(kPart, "--B--")).value(), SizeIs(1));
}

TEST(SplitMultipartTest, AFormMayHaveNoParts) { EXPECT_THAT(Split("--B--\r\n").value(), IsEmpty()); }

TEST(SplitMultipartTest, KnowsTheExtendedFileName) {
  const std::string body = WithHeaders("Content-Disposition: form-data; name=f; filename*=UTF-8''%e2%82%ac.png");
  ASSERT_OK_AND_ASSIGN(const std::vector<BodyPart> parts, Split(body));
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_TRUE(parts[0].is_file);
}

TEST(SplitMultipartTest, KeepsFileNamesAsTheyAre) {
  const std::string body = WithHeaders("Content-Disposition: form-data; name=f; filename=\"../../etc/€\"");
  ASSERT_OK_AND_ASSIGN(const std::vector<BodyPart> parts, Split(body));
  EXPECT_EQ(parts.at(0).file_name, "../../etc/€");
}

TEST(SplitMultipartTest, RefusesABodyWithoutBoundary) {
  for (const char* body : {"", "--", "--C\r\n\r\n\r\n--C--", "x--B\r\n", "{\"prompt\": \"a cat\"}"}) {
    EXPECT_THAT(Split(body), StatusIs(kInvalid, HasSubstr("must begin with the boundary"))) << body;
  }
}

TEST(SplitMultipartTest, RefusesABodyThatIsCutOffAnywhere) {
  const std::string body = absl::StrCat(kPart, kPart, "--B--");
  for (size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(Split(body.substr(0, size)).ok()) << size;
  EXPECT_THAT(Split(body.substr(0, body.size() - 2)), StatusIs(kInvalid, HasSubstr("part 3 of the form is cut off")));
}

TEST(SplitMultipartTest, RefusesOnePartTooMany) {
  EXPECT_THAT(Split(absl::StrCat(kPart, kPart, kPart, "--B--")).value(), SizeIs(3));
  EXPECT_THAT(Split(absl::StrCat(kPart, kPart, kPart, kPart, "--B--")), StatusIs(kInvalid, HasSubstr("more than 3 parts")));
}

TEST(SplitMultipartTest, NamesThePartWithWrongHeaders) {
  struct Case {
    std::string headers;
    std::string problem;
  };
  for (const Case& c : std::vector<Case>{
           {"Content-Disposition: form-data", "part 1 of the form has no name"},
           {"Content-Disposition: form-data; name=\"\"", "has no name"},
           {"Content-Type: text/plain", "has no name"},
           {"Content-Disposition: attachment; name=a", "it must be form-data"},
           {"Content-Disposition: form-data; name=\"a", "it must be form-data"},
           {"Content-Disposition: form-data; name", "it must be form-data"},
           {"Content-Disposition: form-data;\r\n name=a", "has a folded header"},
           {"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "has two Content-Dispositions"},
           {"Content-Disposition: form-data; name=a\r\nContent-Type: png", "it must be type/subtype"},
           {"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "it must be sent as it is"},
           {"Content-Disposition : form-data; name=a", "it must be NAME: VALUE"},
           {"Content-Disposition: form-data; name=a\r\nno colon", "it must be NAME: VALUE"},
           {absl::StrCat("Content-Disposition: form-data; name=", std::string(129, 'a')), "the name of part 1 is 129 bytes long"},
           {"Content-Disposition: form-data; name=\"\xFF\"", "the name of part 1 is not valid UTF-8"},
           {absl::StrCat("x: ", std::string(9000, 'x')), "has no empty line after its headers"}}) {
    EXPECT_THAT(Split(WithHeaders(c.headers)), StatusIs(kInvalid, HasSubstr(c.problem))) << c.headers;
  }
}

TEST(SplitMultipartTest, RefusesTwoBoundariesWithNothingBetween) {
  EXPECT_THAT(Split("--B\r\n--B--\r\n"), StatusIs(kInvalid, HasSubstr("part 1 of the form is cut off or malformed")));
  EXPECT_THAT(Split("--BX\r\n\r\n\r\n--B--\r\n"), StatusIs(kInvalid, HasSubstr("part 1 of the form is cut off or malformed")));
}

}  // namespace
}  // namespace unclip::gateway
