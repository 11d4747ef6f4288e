#include "common/image/image_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "common/image/rgb_image.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Unbase64(const nlohmann::json& text) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(text.get<std::string>(), &bytes));
  return bytes;
}

const nlohmann::json& Cases() {
  static const nlohmann::json cases = [] {
    std::ifstream file("common/image/testdata/image_cases.json");
    return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  }();
  return cases;
}

std::string FileOf(absl::string_view name) {
  for (const nlohmann::json& test_case : Cases()) {
    if (test_case["name"] == std::string(name)) return Unbase64(test_case["file"]);
  }
  ADD_FAILURE() << "no case " << name;
  return "";
}

RgbImage Gradient(int width, int height) {
  RgbImage image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        image.pixels.push_back(static_cast<uint8_t>(255 * (c == 0 ? x : y) / (width + height) + 40 * c));
    }
  }
  return image;
}

// A PNG header, and nothing after it, of a picture that would be `width` × `height`.
std::string PngHeader(absl::string_view size_and_crc) {
  return absl::StrCat(FileOf("png rgb").substr(0, 16), size_and_crc.substr(0, 8), absl::string_view("\x08\x02\0\0\0", 5),
                      size_and_crc.substr(8));
}

TEST(DecodeImageTest, EqualsPillow) {
  int count = 0;
  for (const nlohmann::json& test_case : Cases()) {
    if (!test_case.contains("pixels")) continue;
    SCOPED_TRACE(test_case["name"]);
    ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(Unbase64(test_case["file"])));
    EXPECT_EQ(image.width, test_case["size"][0]);
    EXPECT_EQ(image.height, test_case["size"][1]);
    EXPECT_EQ(std::string(image.pixels.begin(), image.pixels.end()), Unbase64(test_case["pixels"]));
    ++count;
  }
  EXPECT_EQ(count, 26);
}

TEST(DecodeImageTest, AlphaEqualsPillowsAndThePixelsAreTheSame) {
  int count = 0;
  for (const nlohmann::json& test_case : Cases()) {
    if (!test_case.contains("pixels")) continue;
    SCOPED_TRACE(test_case["name"]);
    ASSERT_OK_AND_ASSIGN(const RgbImageWithAlpha decoded, DecodeImageWithAlpha(Unbase64(test_case["file"])));
    EXPECT_EQ(std::string(decoded.image.pixels.begin(), decoded.image.pixels.end()), Unbase64(test_case["pixels"]));
    const std::string alpha = test_case.contains("alpha") ? Unbase64(test_case["alpha"]) : "";
    EXPECT_EQ(std::string(decoded.alpha.begin(), decoded.alpha.end()), alpha);
    if (!alpha.empty()) ++count;
  }
  EXPECT_EQ(count, 9);
}

TEST(DecodeImageTest, RefusesTheSameWithAlphaAsWithout) {
  for (const nlohmann::json& test_case : Cases()) {
    if (!test_case.contains("refused")) continue;
    EXPECT_THAT(DecodeImageWithAlpha(Unbase64(test_case["file"])).status(),
                StatusIs(kInvalid, HasSubstr(test_case["refused"].get<std::string>())));
  }
  const std::string file = FileOf("png rgba");
  EXPECT_THAT(DecodeImageWithAlpha(file.substr(0, file.size() / 2)).status(), StatusIs(kInvalid, HasSubstr("PNG")));
  EXPECT_THAT(DecodeImageWithAlpha(file, {.max_pixels = 100}).status(), StatusIs(kInvalid, HasSubstr("at most 100 pixels")));
}

TEST(DecodeImageTest, RefusesOtherFormatsByName) {
  int count = 0;
  for (const nlohmann::json& test_case : Cases()) {
    if (!test_case.contains("refused")) continue;
    EXPECT_THAT(DecodeImage(Unbase64(test_case["file"])), StatusIs(kInvalid, HasSubstr(test_case["refused"].get<std::string>())));
    ++count;
  }
  EXPECT_EQ(count, 8);
  EXPECT_THAT(DecodeImage("<svg xmlns='http://www.w3.org/2000/svg'/>"), StatusIs(kInvalid, HasSubstr("SVG")));
  EXPECT_THAT(DecodeImage("no picture"), StatusIs(kInvalid, HasSubstr("no known format")));
  EXPECT_THAT(DecodeImage(""), StatusIs(kInvalid, HasSubstr("empty")));
}

TEST(DecodeImageTest, RefusesMoreBytesThanTheLimit) {
  const std::string file = FileOf("png rgb");
  EXPECT_OK(DecodeImage(file, {.max_bytes = file.size()}));
  EXPECT_THAT(DecodeImage(file, {.max_bytes = file.size() - 1}),
              StatusIs(kInvalid, HasSubstr(absl::StrCat("at most ", file.size() - 1, " bytes"))));
}

TEST(DecodeImageTest, RefusesMorePixelsThanTheLimit) {
  for (const char* name : {"png rgb", "png gray of 16 bits", "jpeg 4:2:0", "jpeg cmyk", "webp lossy", "webp lossless"}) {
    SCOPED_TRACE(name);
    const std::string file = FileOf(name);
    ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(file));
    const int64_t pixels = int64_t{image.width} * image.height;
    EXPECT_OK(DecodeImage(file, {.max_pixels = pixels}));
    EXPECT_THAT(DecodeImage(file, {.max_pixels = pixels - 1}),
                StatusIs(kInvalid, HasSubstr(absl::StrCat("at most ", pixels - 1, " pixels"))));
  }
}

TEST(DecodeImageTest, RefusesHugePicturesByTheirHeaderAlone) {
  // 19,000 × 19,000 and 2³¹-1 × 2³¹-1, each with the CRC of its header.
  EXPECT_THAT(DecodeImage(PngHeader(absl::string_view("\x00\x00\x4a\x38\x00\x00\x4a\x38\xf3\x78\xc7\x15", 12))),
              StatusIs(kInvalid, HasSubstr("19000x19000")));
  EXPECT_THAT(DecodeImage(PngHeader(absl::string_view("\x7f\xff\xff\xff\x7f\xff\xff\xff\x9b\xab\x9c\x31", 12))),
              StatusIs(kInvalid, HasSubstr("image")));
}

TEST(DecodeImageTest, RefusesAPngWithABadChecksum) {
  std::string file = FileOf("png rgb");
  file[30] ^= 1;  // in the CRC of IHDR
  EXPECT_THAT(DecodeImage(file), StatusIs(kInvalid, HasSubstr("PNG")));
}

TEST(DecodeImageTest, RefusesAProgressiveJpegOfManyScans) {
  const std::string file = FileOf("jpeg progressive");
  const size_t scan = file.find("\xff\xda");
  const size_t next_scan = file.find("\xff\xc4", scan);
  ASSERT_NE(next_scan, std::string::npos);
  const std::string first_scan = file.substr(scan, next_scan - scan);
  std::string many = file.substr(0, scan);
  for (int i = 0; i < 150; ++i) many += first_scan;
  EXPECT_THAT(DecodeImage(many + file.substr(scan)), StatusIs(kInvalid, HasSubstr("more than 100 scans")));
}

// A picture or an error, but never a crash; the sanitizers look on in .ci/run's asan pass.
TEST(DecodeImageTest, SurvivesTruncatedAndFlippedBytes) {
  for (const nlohmann::json& test_case : Cases()) {
    SCOPED_TRACE(test_case["name"]);
    const std::string file = Unbase64(test_case["file"]);
    for (size_t size = 0; size < file.size(); size += 16) DecodeImage(file.substr(0, size)).IgnoreError();
    for (size_t i = 0; i < file.size(); ++i) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ (i % 3 == 0 ? 0xff : 1 << i % 8));
      const absl::StatusOr<RgbImage> image = DecodeImage(changed, {.max_pixels = 1 << 20});
      if (image.ok()) {
        EXPECT_EQ(image->pixels.size(), size_t{3} * image->width * image->height);
      } else {
        EXPECT_EQ(image.status().code(), kInvalid);
      }
    }
  }
}

TEST(DecodeImageTest, RefusesTruncatedPictures) {
  for (const char* name : {"png rgb", "jpeg 4:2:0", "jpeg progressive", "jpeg cmyk", "webp lossy", "webp lossless"}) {
    SCOPED_TRACE(name);
    const std::string file = FileOf(name);
    EXPECT_THAT(DecodeImage(file.substr(0, file.size() * 3 / 4)), StatusIs(kInvalid, HasSubstr("not a valid")));
  }
}

TEST(EncodeImageTest, PngComesBackUnchanged) {
  const RgbImage image = Gradient(37, 21);
  ASSERT_OK_AND_ASSIGN(const std::string file, EncodeImage(image, ImageEncoding::kPng));
  EXPECT_THAT(file, StartsWith("\x89PNG"));
  ASSERT_OK_AND_ASSIGN(const RgbImage decoded, DecodeImage(file));
  EXPECT_EQ(decoded.width, 37);
  EXPECT_EQ(decoded.height, 21);
  EXPECT_EQ(decoded.pixels, image.pixels);
}

TEST(EncodeImageTest, LossyFormatsComeBackNearly) {
  const RgbImage image = Gradient(64, 48);
  for (ImageEncoding encoding : {ImageEncoding::kJpeg, ImageEncoding::kWebp}) {
    ASSERT_OK_AND_ASSIGN(const std::string file, EncodeImage(image, encoding, 95));
    EXPECT_EQ(encoding == ImageEncoding::kJpeg, absl::StartsWith(file, "\xff\xd8\xff"));
    EXPECT_EQ(encoding == ImageEncoding::kWebp, absl::StartsWith(file, "RIFF"));
    ASSERT_OK_AND_ASSIGN(const RgbImage decoded, DecodeImage(file));
    ASSERT_EQ(decoded.pixels.size(), image.pixels.size());
    double sum = 0;
    for (size_t i = 0; i < image.pixels.size(); ++i) sum += std::abs(image.pixels[i] - decoded.pixels[i]);
    EXPECT_LT(sum / image.pixels.size(), 3);
  }
}

TEST(EncodeImageTest, LowerQualityTakesFewerBytes) {
  for (ImageEncoding encoding : {ImageEncoding::kJpeg, ImageEncoding::kWebp}) {
    ASSERT_OK_AND_ASSIGN(const std::string good, EncodeImage(Gradient(64, 48), encoding, 95));
    ASSERT_OK_AND_ASSIGN(const std::string poor, EncodeImage(Gradient(64, 48), encoding, 10));
    EXPECT_LT(poor.size(), good.size());
  }
}

TEST(EncodeImageTest, GivesTheSameBytesAgain) {
  for (ImageEncoding encoding : {ImageEncoding::kPng, ImageEncoding::kJpeg, ImageEncoding::kWebp, ImageEncoding::kRgb8}) {
    ASSERT_OK_AND_ASSIGN(const std::string first, EncodeImage(Gradient(50, 40), encoding));
    ASSERT_OK_AND_ASSIGN(const std::string second, EncodeImage(Gradient(50, 40), encoding));
    EXPECT_EQ(first, second);
  }
}

TEST(EncodeImageTest, Rgb8HoldsTheSamplesAlone) {
  const RgbImage image = Gradient(3, 2);
  ASSERT_OK_AND_ASSIGN(const std::string samples, EncodeImage(image, ImageEncoding::kRgb8));
  EXPECT_EQ(samples, std::string(image.pixels.begin(), image.pixels.end()));
  ASSERT_OK_AND_ASSIGN(const RgbImage back, ImageFromRgb8(samples, 3, 2));
  EXPECT_EQ(back.pixels, image.pixels);
}

TEST(EncodeImageTest, RefusesQualityOutOfRange) {
  for (int quality : {0, -1, 101}) {
    EXPECT_THAT(EncodeImage(Gradient(4, 4), ImageEncoding::kJpeg, quality),
                StatusIs(kInvalid, AllOf(HasSubstr(absl::StrCat("quality is ", quality)), HasSubstr("1 to 100"))));
  }
}

TEST(EncodeImageTest, RefusesAPictureWhoseSamplesDoNotFitItsSize) {
  RgbImage image = Gradient(4, 4);
  image.width = 5;
  EXPECT_THAT(EncodeImage(image, ImageEncoding::kPng), StatusIs(kInvalid, HasSubstr("48 samples")));
  EXPECT_THAT(EncodeImage(RgbImage(), ImageEncoding::kPng), StatusIs(kInvalid, HasSubstr("0x0")));
}

TEST(EncodeImageTest, RefusesSidesThatTheFormatCannotSay) {
  EXPECT_THAT(EncodeImage(Gradient(16384, 1), ImageEncoding::kWebp), StatusIs(kInvalid, HasSubstr("16383")));
  EXPECT_THAT(EncodeImage(Gradient(1, 65501), ImageEncoding::kJpeg), StatusIs(kInvalid, HasSubstr("65500")));
  EXPECT_OK(EncodeImage(Gradient(1, 65501), ImageEncoding::kPng));
}

TEST(ImageFromRgb8Test, RefusesSamplesThatDoNotFitTheSize) {
  const std::string samples(24, 'x');
  EXPECT_OK(ImageFromRgb8(samples, 4, 2));
  EXPECT_THAT(ImageFromRgb8(samples, 4, 3), StatusIs(kInvalid, HasSubstr("24 bytes")));
  EXPECT_THAT(ImageFromRgb8(samples, -4, -2), StatusIs(kInvalid, HasSubstr("-4x-2")));
  EXPECT_THAT(ImageFromRgb8(samples, 2'000'000'000, 2'000'000'000), StatusIs(kInvalid, HasSubstr("pixels")));
  EXPECT_THAT(ImageFromRgb8(samples, 4, 2, {.max_pixels = 7}), StatusIs(kInvalid, HasSubstr("at most 7 pixels")));
}

}  // namespace
}  // namespace unclip
