#include "tools/output_path.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

TEST(FormatOfPathTest, KnowsTheSuffixesInAnyCase) {
  EXPECT_EQ(*FormatOfPath("a.png"), common::v1::IMAGE_FORMAT_PNG);
  EXPECT_EQ(*FormatOfPath("x/a.b.JPG"), common::v1::IMAGE_FORMAT_JPEG);
  EXPECT_EQ(*FormatOfPath("a.jpeg"), common::v1::IMAGE_FORMAT_JPEG);
  EXPECT_EQ(*FormatOfPath("a.WebP"), common::v1::IMAGE_FORMAT_WEBP);
}

TEST(FormatOfPathTest, RefusesOthersByName) {
  for (const char* path : {"a", "a.gif", "png", ".png", "a.png/b", ""}) {
    EXPECT_THAT(FormatOfPath(path), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--format"))) << path;
  }
}

TEST(NumberedPathTest, NumbersOnlySeveral) {
  EXPECT_EQ(NumberedPath("out/a.png", 0, 1), "out/a.png");
  EXPECT_EQ(NumberedPath("out/a.png", 0, 3), "out/a-0.png");
  EXPECT_EQ(NumberedPath("a.b.png", 2, 3), "a.b-2.png");
  EXPECT_EQ(NumberedPath("/a", 1, 2), "/a-1");
}

TEST(SuffixOfTest, IsReadBackAsTheSameFormat) {
  for (auto format : {common::v1::IMAGE_FORMAT_PNG, common::v1::IMAGE_FORMAT_JPEG, common::v1::IMAGE_FORMAT_WEBP}) {
    EXPECT_EQ(*FormatOfPath("a" + std::string(SuffixOf(format))), format);
  }
  EXPECT_EQ(SuffixOf(common::v1::IMAGE_FORMAT_RGB8), "");
}

}  // namespace
}  // namespace unclip
