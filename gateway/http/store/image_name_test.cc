#include "gateway/http/store/image_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(ImageNameTest, TellsTheFormat) {
  struct Case {
    common::v1::ImageFormat format;
    std::string ending;
    std::string content_type;
  };
  for (const Case& c :
       {Case{common::v1::IMAGE_FORMAT_PNG, ".png", "image/png"}, Case{common::v1::IMAGE_FORMAT_JPEG, ".jpg", "image/jpeg"},
        Case{common::v1::IMAGE_FORMAT_WEBP, ".webp", "image/webp"}}) {
    ASSERT_OK_AND_ASSIGN(const std::string name, NewImageName(c.format));
    EXPECT_THAT(name, EndsWith(c.ending));
    EXPECT_TRUE(IsImageName(name));
    EXPECT_EQ(ContentTypeOf(name), c.content_type);
  }
}

TEST(ImageNameTest, RefusesFormatsThatAreNoFiles) {
  for (const common::v1::ImageFormat format : {common::v1::IMAGE_FORMAT_UNSPECIFIED, common::v1::IMAGE_FORMAT_RGB8}) {
    EXPECT_THAT(NewImageName(format), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be PNG, JPEG or WebP")));
  }
}

TEST(ImageNameTest, NoPathIsAName) {
  const std::string id(24, 'a');
  EXPECT_TRUE(IsImageName(absl::StrCat(id, ".png")));
  for (const std::string& name :
       {std::string(""), id, std::string(".png"), absl::StrCat(id, ".gif"), absl::StrCat(id, ".PNG"), absl::StrCat(id, ".png/"),
        absl::StrCat(id, ".png", std::string(1, '\0')), absl::StrCat("/", id.substr(1), ".png"),
        absl::StrCat("../", id.substr(3), ".png"), absl::StrCat("%2e%2e%2f", id.substr(9), ".png"),
        absl::StrCat("./", id, ".png"), absl::StrCat(id, ".png.png"), absl::StrCat(id.substr(1), ".png"),
        absl::StrCat(".", id.substr(1), ".png")}) {
    EXPECT_FALSE(IsImageName(name)) << name;
  }
}

}  // namespace
}  // namespace unclip::gateway
