#include "gateway/http/body/multipart_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr char kContentType[] = "multipart/form-data; boundary=XyZ";

std::string Text(absl::string_view name, absl::string_view value) {
  return absl::StrCat("--XyZ\r\nContent-Disposition: form-data; name=\"", name, "\"\r\n\r\n", value, "\r\n");
}

std::string File(absl::string_view name, absl::string_view file_name, absl::string_view bytes) {
  return absl::StrCat("--XyZ\r\nContent-Disposition: form-data; name=\"", name, "\"; filename=\"", file_name,
                      "\"\r\nContent-Type: image/PNG\r\n\r\n", bytes, "\r\n");
}

// The form's views are of the last body that was parsed so.
absl::StatusOr<MultipartForm> Parse(std::string body) {
  static std::string kept;
  kept = std::move(body);
  return MultipartForm::Parse(kContentType, kept);
}

TEST(MultipartFormTest, ReadsTextsAndFiles) {
  const std::string bytes("\x89PNG\r\n\x1a\n\0--XyZ of the picture", 29);
  ASSERT_OK_AND_ASSIGN(MultipartForm form, Parse(absl::StrCat(Text("prompt", "a é cat"), File("image", "cat.png", bytes),
                                                              Text("n", "3"), Text("stream", "true"), Text("scale", "2.5"),
                                                              Text("seed", "18446744073709551615"), "--XyZ--\r\n")));
  EXPECT_THAT(form.GetString("prompt").value(), Optional(std::string("a é cat")));
  EXPECT_THAT(form.GetInt("n", 1, 10).value(), Optional(3));
  EXPECT_THAT(form.GetBool("stream").value(), Optional(true));
  EXPECT_THAT(form.GetDouble("scale", 0, 10).value(), Optional(2.5));
  EXPECT_THAT(form.GetUint64("seed").value(), Optional(18446744073709551615u));
  EXPECT_EQ(form.UnknownName(), "image");
  const FormFile* image = form.FindFile("image");
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->bytes, bytes);
  EXPECT_EQ(image->file_name, "cat.png");
  EXPECT_EQ(image->content_type, "image/png");
  EXPECT_EQ(form.UnknownName(), std::nullopt);
}

TEST(MultipartFormTest, AbsentAndEmptyTextsAreNothing) {
  ASSERT_OK_AND_ASSIGN(MultipartForm form, Parse(absl::StrCat(Text("n", ""), "--XyZ--\r\n")));
  for (const char* name : {"n", "other"}) {
    EXPECT_EQ(form.GetString(name).value(), std::nullopt);
    EXPECT_EQ(form.GetInt(name, 1, 10).value(), std::nullopt);
    EXPECT_EQ(form.GetUint64(name).value(), std::nullopt);
    EXPECT_EQ(form.GetDouble(name, 1, 10).value(), std::nullopt);
    EXPECT_EQ(form.GetBool(name).value(), std::nullopt);
    EXPECT_FALSE(form.Has(name));
    EXPECT_EQ(form.FindFile(name), nullptr);
  }
}

TEST(MultipartFormTest, AFileThatWasNotChosenIsNothing) {
  ASSERT_OK_AND_ASSIGN(MultipartForm form, Parse(absl::StrCat(File("mask", "", ""), "--XyZ--\r\n")));
  EXPECT_EQ(form.FindFile("mask"), nullptr);
  EXPECT_FALSE(form.Has("mask"));
  EXPECT_EQ(form.UnknownName(), std::nullopt);
}

TEST(MultipartFormTest, FindsEveryFileOfAName) {
  ASSERT_OK_AND_ASSIGN(MultipartForm form, Parse(absl::StrCat(File("image[]", "a.png", "A"), File("image[]", "b.png", "B"),
                                                              File("image", "c.png", ""), "--XyZ--\r\n")));
  const std::vector<const FormFile*> files = form.FilesNamed("image[]");
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(files[0]->bytes, "A");
  EXPECT_EQ(files[1]->bytes, "B");
  EXPECT_TRUE(form.Has("image")) << "an empty file is a file, which whoever reads it refuses";
}

TEST(MultipartFormTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  ASSERT_OK_AND_ASSIGN(MultipartForm form,
                       Parse(absl::StrCat(Text("n", "two"), File("prompt", "p.txt", "a cat"), "--XyZ--\r\n")));
  EXPECT_THAT(form.GetInt("n", 1, 10), StatusIs(kInvalid, "n is \"two\"; it must be a whole number from 1 to 10"));
  EXPECT_THAT(form.GetUint64("n"), StatusIs(kInvalid, HasSubstr("n is \"two\"; it must be a whole number")));
  EXPECT_THAT(form.GetDouble("n", 1, 10), StatusIs(kInvalid, "n is \"two\"; it must be a number from 1 to 10"));
  EXPECT_THAT(form.GetBool("n"), StatusIs(kInvalid, "n is \"two\"; it must be true or false"));
  EXPECT_THAT(form.GetString("prompt"), StatusIs(kInvalid, "prompt is a file; it must be text"));
}

TEST(MultipartFormTest, RefusesATextThatComesTwice) {
  EXPECT_THAT(Parse(absl::StrCat(Text("n", "1"), Text("n", "1"), "--XyZ--\r\n")),
              StatusIs(kInvalid, "n is given twice; it must be given once"));
}

TEST(MultipartFormTest, RefusesTextThatIsNotUtf8OrTooLong) {
  EXPECT_THAT(Parse(absl::StrCat(Text("prompt", "\xFF"), "--XyZ--\r\n")),
              StatusIs(kInvalid, HasSubstr("prompt is not valid UTF-8")));
  EXPECT_OK(Parse(absl::StrCat(Text("prompt", std::string(64 << 10, 'x')), "--XyZ--\r\n")));
  EXPECT_THAT(Parse(absl::StrCat(Text("prompt", std::string((64 << 10) + 1, 'x')), "--XyZ--\r\n")),
              StatusIs(kInvalid, HasSubstr("prompt is 65537 bytes long; it must be at most 65536")));
}

TEST(MultipartFormTest, TwoAttemptsOfOneFormHaveOneFingerprint) {
  const auto fingerprint = [](absl::string_view content_type, const std::string& body) {
    absl::StatusOr<MultipartForm> form = MultipartForm::Parse(content_type, body);
    EXPECT_OK(form);
    RequestFingerprint fingerprint;
    form->AddTo(fingerprint);
    return fingerprint.Take();
  };
  const std::string first = "--A\r\nContent-Disposition: form-data; name=n\r\n\r\n1\r\n--A--\r\n";
  const std::string again = "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--B--";
  const std::string other = "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n2\r\n--B--";
  const std::string file = "--B\r\nContent-Disposition: form-data; name=\"n\"; filename=x\r\n\r\n1\r\n--B--";
  const std::string expected = fingerprint("multipart/form-data; boundary=A", first);
  EXPECT_THAT(expected, SizeIs(32));
  EXPECT_EQ(fingerprint("multipart/form-data; boundary=B", again), expected);
  EXPECT_NE(fingerprint("multipart/form-data; boundary=B", other), expected);
  EXPECT_NE(fingerprint("multipart/form-data; boundary=B", file), expected);
}

}  // namespace
}  // namespace unclip::gateway
