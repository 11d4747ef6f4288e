#include "train/data/example_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "common/image/image_codec.h"
#include "common/image/resample.h"
#include "train/data/test_files.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<int> PixelAt(const RgbImage& image, int x, int y) {
  const uint8_t* const pixel = &image.pixels[(static_cast<size_t>(y) * image.width + x) * 3];
  return {pixel, pixel + 3};
}

TEST(DecodeWindowTest, KeepsTheMiddleOfAPictureThatIsNoSquare) {
  ASSERT_OK_AND_ASSIGN(const RgbImage wide, DecodeWindow(PictureBytes(11, 4), {.size = 4, .side = 4}));
  EXPECT_EQ(wide.width, 4);
  EXPECT_EQ(wide.height, 4);
  EXPECT_THAT(PixelAt(wide, 0, 0), ElementsAre(30, 0, 0));
  EXPECT_THAT(PixelAt(wide, 3, 3), ElementsAre(60, 30, 0));
  ASSERT_OK_AND_ASSIGN(const RgbImage high, DecodeWindow(PictureBytes(4, 10), {.size = 4, .side = 4}));
  EXPECT_THAT(PixelAt(high, 0, 0), ElementsAre(0, 30, 0));
}

TEST(DecodeWindowTest, TakesTheWindow) {
  ASSERT_OK_AND_ASSIGN(const RgbImage part, DecodeWindow(PictureBytes(9, 9, 7), {.size = 9, .side = 3, .x = 6, .y = 2}));
  EXPECT_EQ(part.width, 3);
  EXPECT_EQ(part.pixels.size(), 27);
  EXPECT_THAT(PixelAt(part, 0, 0), ElementsAre(60, 20, 7));
  EXPECT_THAT(PixelAt(part, 2, 2), ElementsAre(80, 40, 7));
}

TEST(DecodeWindowTest, ResizesBeforeItTakesTheWindow) {
  const std::string file = PictureBytes(12, 12);
  ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(file));
  for (const int size : {5, 24}) {
    ASSERT_OK_AND_ASSIGN(const RgbImage resized, ResizeImage(image, size, size, ResampleFilter::kLanczos));
    ASSERT_OK_AND_ASSIGN(const RgbImage part, DecodeWindow(file, {.size = size, .side = 2, .x = 3, .y = 1}));
    EXPECT_EQ(PixelAt(part, 0, 0), PixelAt(resized, 3, 1));
    EXPECT_EQ(PixelAt(part, 1, 1), PixelAt(resized, 4, 2));
  }
}

TEST(DecodeWindowTest, ReadsEveryKindOfFile) {
  for (const ImageEncoding encoding : {ImageEncoding::kPng, ImageEncoding::kJpeg, ImageEncoding::kWebp}) {
    EXPECT_OK(DecodeWindow(PictureBytes(8, 6, 0, encoding), {.size = 6, .side = 6}));
  }
}

TEST(DecodeWindowTest, RefusesBrokenFiles) {
  const Window window{.size = 4, .side = 4};
  EXPECT_THAT(DecodeWindow("", window), StatusIs(kInvalid, HasSubstr("empty")));
  EXPECT_THAT(DecodeWindow("hello", window), StatusIs(kInvalid, HasSubstr("no known format")));
  const std::string file = PictureBytes(40, 40);
  EXPECT_THAT(DecodeWindow(file.substr(0, file.size() / 2), window), StatusIs(kInvalid, testing::_));
}

TEST(CaptionLineTest, TheVariantPicksALineThatIsNotEmpty) {
  const std::string text = "\n one \r\n\r\n\t\ntwo\nthree ☂";
  EXPECT_THAT(CaptionLine(text, 0), testing::Truly([](const auto& line) { return *line == "one"; }));
  ASSERT_OK_AND_ASSIGN(const std::string second, CaptionLine(text, 1));
  EXPECT_EQ(second, "two");
  ASSERT_OK_AND_ASSIGN(const std::string third, CaptionLine(text, 2 + 3 * uint64_t{1'000'000'007}));
  EXPECT_EQ(third, "three ☂");
}

TEST(CaptionLineTest, WithoutLinesItIsEmpty) {
  for (const char* const text : {"", "\n", " \r\n\t\n", "\xEF\xBB\xBF"}) {
    ASSERT_OK_AND_ASSIGN(const std::string line, CaptionLine(text, 12));
    EXPECT_EQ(line, "");
  }
}

TEST(CaptionLineTest, LeavesOutTheMarkOfWindows) {
  ASSERT_OK_AND_ASSIGN(const std::string line, CaptionLine("\xEF\xBB\xBFone", 0));
  EXPECT_EQ(line, "one");
}

TEST(CaptionLineTest, RefusesWhatIsNotUtf8) { EXPECT_THAT(CaptionLine("caf\xE9", 0), StatusIs(kInvalid, HasSubstr("UTF-8"))); }

TEST(JsonCaptionTest, IsTheStringCalledCaption) {
  ASSERT_OK_AND_ASSIGN(const std::string caption, JsonCaption(R"({"width": 3, "caption": " a \u2602\n", "url": null})"));
  EXPECT_EQ(caption, "a ☂");
}

TEST(JsonCaptionTest, RefusesWhatHasNone) {
  for (const char* const text : {"{}", R"({"caption": null})", R"({"caption": 3})", R"({"Caption": "a"})"}) {
    EXPECT_THAT(JsonCaption(text), StatusIs(kInvalid, HasSubstr("has no \"caption\" that is a string")));
  }
  for (const char* const text : {"", "[]", "\"caption\"", R"({"caption": "a")", "{\"caption\": \"\xE9\"}"}) {
    EXPECT_THAT(JsonCaption(text), StatusIs(kInvalid, HasSubstr("is not a JSON object")));
  }
}

TEST(JsonCaptionTest, BearsDeepNesting) {
  EXPECT_THAT(JsonCaption(std::string(200'000, '[')), StatusIs(kInvalid, HasSubstr("JSON")));
  EXPECT_THAT(JsonCaption(std::string(200'000, '[') + std::string(200'000, ']')), StatusIs(kInvalid, HasSubstr("JSON")));
}

TEST(IsPictureExtensionTest, KnowsPicturesInAnyCase) {
  for (const char* const extension : {"png", "JPG", "Jpeg", "webp"}) EXPECT_TRUE(IsPictureExtension(extension));
  for (const char* const extension : {"", ".png", "gif", "seg.png", "txt"}) EXPECT_FALSE(IsPictureExtension(extension));
}

}  // namespace
}  // namespace unclip::train
