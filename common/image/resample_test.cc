#include "common/image/resample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "base/status_matchers.h"
#include "common/image/rgb_image.h"

namespace unclip {
namespace {

using testing::HasSubstr;

// The same as test_picture() in testdata/make_cases.py.
RgbImage TestPicture(int width, int height) {
  RgbImage image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<uint8_t>(x * 73 + y * 151 + c * 199 + x * y * 31 + (x / 3) * (y / 2) * 57));
      }
    }
  }
  return image;
}

ResampleFilter FilterByName(const std::string& name) {
  if (name == "bilinear") return ResampleFilter::kBilinear;
  return name == "bicubic" ? ResampleFilter::kBicubic : ResampleFilter::kLanczos;
}

TEST(ResizeImageTest, EqualsPillow) {
  std::ifstream file("common/image/testdata/resample_cases.json");
  const nlohmann::json cases = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  ASSERT_EQ(cases.size(), 36);
  for (const nlohmann::json& test_case : cases) {
    SCOPED_TRACE(test_case["filter"].dump() + test_case["from"].dump() + test_case["to"].dump());
    std::string expected;
    ASSERT_TRUE(absl::Base64Unescape(test_case["pixels"].get<std::string>(), &expected));
    ASSERT_OK_AND_ASSIGN(const RgbImage result,
                         ResizeImage(TestPicture(test_case["from"][0], test_case["from"][1]), test_case["to"][0],
                                     test_case["to"][1], FilterByName(test_case["filter"])));
    EXPECT_EQ(result.width, test_case["to"][0]);
    EXPECT_EQ(result.height, test_case["to"][1]);
    EXPECT_EQ(std::string(result.pixels.begin(), result.pixels.end()), expected);
  }
}

TEST(ResizeImageTest, KeepsAPlainPicturePlain) {
  const RgbImage plain{.width = 5, .height = 4, .pixels = std::vector<uint8_t>(60, 201)};
  for (ResampleFilter filter : {ResampleFilter::kBilinear, ResampleFilter::kBicubic, ResampleFilter::kLanczos}) {
    ASSERT_OK_AND_ASSIGN(const RgbImage result, ResizeImage(plain, 11, 3, filter));
    EXPECT_EQ(result.pixels, std::vector<uint8_t>(99, 201));
  }
}

TEST(ResizeImageTest, RejectsSizesBelowOne) {
  EXPECT_THAT(ResizeImage(TestPicture(4, 4), 0, 3, ResampleFilter::kBicubic),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0x3")));
  EXPECT_THAT(ResizeImage(TestPicture(4, 4), 3, -1, ResampleFilter::kBicubic),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("3x-1")));
}

TEST(ResizeImageTest, RejectsAPictureWhoseSamplesDoNotFitItsSize) {
  RgbImage image = TestPicture(4, 4);
  image.pixels.pop_back();
  EXPECT_THAT(ResizeImage(image, 2, 2, ResampleFilter::kBicubic),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("47 samples")));
  EXPECT_THAT(ResizeImage(RgbImage(), 2, 2, ResampleFilter::kBicubic),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0x0")));
}

TEST(ResizeImageTest, RejectsHugeResultsWithoutMakingThem) {
  EXPECT_THAT(ResizeImage(TestPicture(2, 2), 2'000'000'000, 2'000'000'000, ResampleFilter::kLanczos),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("67108864")));
}

// Rows first would need 70,000 × 70,000 pixels between the passes.
TEST(ResizeImageTest, TurnsALongLineWithoutAHugePictureBetween) {
  ASSERT_OK_AND_ASSIGN(const RgbImage column, ResizeImage(TestPicture(70'000, 1), 1, 70'000, ResampleFilter::kBilinear));
  EXPECT_EQ(column.height, 70'000);
  ASSERT_OK_AND_ASSIGN(const RgbImage row, ResizeImage(column, 70'000, 1, ResampleFilter::kBilinear));
  EXPECT_EQ(row.width, 70'000);
}

}  // namespace
}  // namespace unclip
