#include "gateway/source_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "base/status_matchers.h"
#include "common/image/resample.h"
#include "gateway/testing/picture_file.h"

namespace unclip::gateway {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr PictureSize kNative = {8, 8};

// Red grows to the right, green downwards.
std::array<uint8_t, 4> Gradient(int x, int y) { return {static_cast<uint8_t>(8 * x), static_cast<uint8_t>(8 * y), 7, 255}; }

// The same, transparent and purple from column `column` on.
PixelFunction TransparentFrom(int column) {
  return [column](int x, int y) { return x < column ? Gradient(x, y) : std::array<uint8_t, 4>{255, 0, 255, 0}; };
}

EditRequest Edit(std::string image, std::string mask = "") {
  return {.image_field = "edit.image", .mask_field = "edit.mask", .image = std::move(image), .mask = std::move(mask)};
}

absl::Status StatusOf(const EditRequest& edit) { return ReadEdit(edit, kNative).status(); }

TEST(SourcePictureTest, APictureOfTheNativeSizeIsKeptByteByByte) {
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(8, 8, TransparentFrom(5))), kNative));
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(kept.mask[i], i % 8 < 5 ? 255 : 0);
    EXPECT_EQ(kept.image.pixels[3 * i], i % 8 < 5 ? 8 * (i % 8) : 255);
    EXPECT_EQ(kept.image.pixels[3 * i + 1], i % 8 < 5 ? 8 * (i / 8) : 0);
  }
}

TEST(SourcePictureTest, AMaskOfItsOwnGoesBeforeTheImagesAlpha) {
  const std::string image = RgbaPng(8, 8, TransparentFrom(5));
  const std::string mask = RgbaPng(8, 8, TransparentFrom(2));
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(image, mask), kNative));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(kept.mask[i], i % 8 < 2 ? 255 : 0);
}

TEST(SourcePictureTest, WhatIsNotFullyTransparentIsKept) {
  const auto faint = [](int x, int y) {
    std::array<uint8_t, 4> pixel = Gradient(x, y);
    pixel[3] = x == 0 ? 0 : 1;
    return pixel;
  };
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(8, 8, faint)), kNative));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(kept.mask[i], i % 8 == 0 ? 0 : 255);
}

TEST(SourcePictureTest, ASmallerPixelIsKeptWhenAllThatItCoversIs) {
  // Column 2 of 8 covers columns 6, 7 and 8 of 24.
  for (const auto& [column, kept_columns] : {std::pair(8, 2), std::pair(9, 3), std::pair(10, 3)}) {
    ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(24, 24, TransparentFrom(column))), kNative));
    for (int i = 0; i < 64; ++i) EXPECT_EQ(kept.mask[i], i % 8 < kept_columns ? 255 : 0);
  }
  // Where sizes do not divide, what it covers in part counts: column 4 of 8 covers 5.0 to 6.25 of 10.
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(10, 10, TransparentFrom(6))), kNative));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(kept.mask[i], i % 8 < 4 ? 255 : 0);
}

TEST(SourcePictureTest, ALargerPictureIsKeptWhereItsPixelsAre) {
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(4, 4, TransparentFrom(3))), kNative));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(kept.mask[i], i % 8 < 6 ? 255 : 0);
}

TEST(SourcePictureTest, WhatIsUnderTheMaskDoesNotShineThrough) {
  for (const int size : {64, 100, 4}) {
    const auto bright = [size](int x, int /*y*/) {
      return 2 * x < size ? std::array<uint8_t, 4>{250, 90, 0, 255} : std::array<uint8_t, 4>{0, 255, 255, 0};
    };
    ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(size, size, bright)), kNative));
    for (size_t i = 0; i < 64; ++i) {
      ASSERT_EQ(kept.mask[i], i % 8 < 4 ? 255 : 0);
      if (kept.mask[i] == 0) continue;
      EXPECT_THAT(absl::MakeSpan(&kept.image.pixels[3 * i], 3), testing::ElementsAre(250, 90, 0)) << size << " " << i;
    }
  }
}

TEST(SourcePictureTest, AwayFromTheMaskItIsTheLanczosFilter) {
  ASSERT_OK_AND_ASSIGN(const KeptPicture kept, ReadEdit(Edit(RgbaPng(48, 48, TransparentFrom(47))), {24, 24}));
  RgbImage image = {.width = 48, .height = 48, .pixels = {}};
  for (int i = 0; i < 48 * 48; ++i) {
    for (int channel = 0; channel < 3; ++channel) image.pixels.push_back(TransparentFrom(47)(i % 48, i / 48)[channel]);
  }
  ASSERT_OK_AND_ASSIGN(const RgbImage expected, ResizeImage(image, 24, 24, ResampleFilter::kLanczos));
  for (size_t i = 0; i < expected.pixels.size(); ++i) {
    if (i / 3 % 24 < 20) {
      EXPECT_EQ(kept.image.pixels[i], expected.pixels[i]);
    }
  }
}

TEST(SourcePictureTest, NamesWhatIsWrongWithAnEdit) {
  const std::string image = RgbPng(8, 8, Gradient);
  const std::string mask = RgbaPng(8, 8, TransparentFrom(5));
  EXPECT_THAT(StatusOf(Edit(RgbPng(8, 6, Gradient), mask)),
              StatusIs(kInvalid, HasSubstr("edit.image is 8x6 pixels; it must be as wide as high")));
  EXPECT_THAT(StatusOf(Edit(image, RgbaPng(16, 8, TransparentFrom(5)))),
              StatusIs(kInvalid, HasSubstr("edit.mask is 16x8 pixels; it must be as large as edit.image, 8x8 pixels")));
  EXPECT_THAT(StatusOf(Edit(image, image)), StatusIs(kInvalid, HasSubstr("edit.mask has no alpha channel")));
  EXPECT_THAT(StatusOf(Edit(image)), StatusIs(kInvalid, AllOf(HasSubstr("edit.mask is empty"), HasSubstr("edit.image"))));
  EXPECT_THAT(StatusOf(Edit(image, RgbaPng(8, 8, Gradient))),
              StatusIs(kInvalid, HasSubstr("edit.mask has no fully transparent pixel")));
  EXPECT_THAT(StatusOf(Edit(RgbaPng(8, 8, Gradient))), StatusIs(kInvalid, HasSubstr("edit.image has no fully transparent")));
  EXPECT_THAT(StatusOf(Edit("a text", mask)), StatusIs(kInvalid, HasSubstr("edit.image: image is in no known format")));
  EXPECT_THAT(StatusOf(Edit(image, mask.substr(0, mask.size() / 2))), StatusIs(kInvalid, HasSubstr("edit.mask: ")));
}

TEST(SourcePictureTest, RefusesMorePixelsThanTheLimitByTheHeaderAlone) {
  const std::string large = RgbPng(1, 1, Gradient);
  // 19,000 × 19,000, with the CRC of such a header.
  const std::string bomb =
      large.substr(0, 16) + std::string("\x00\x00\x4a\x38\x00\x00\x4a\x38\x08\x02\x00\x00\x00\xf3\x78\xc7\x15", 17);
  EXPECT_THAT(CheckVariation({.image_field = "variation.image", .image = bomb}),
              StatusIs(kInvalid, AllOf(HasSubstr("variation.image: "), HasSubstr("19000x19000"), HasSubstr("16777216"))));
}

TEST(SourcePictureTest, AVariationMayBeAnyPictureThatCanBeRead) {
  EXPECT_OK(CheckVariation({.image_field = "variation.image", .image = RgbaPng(9, 5, TransparentFrom(2))}));
  EXPECT_THAT(CheckVariation({.image_field = "variation.image", .image = "a text"}),
              StatusIs(kInvalid, HasSubstr("variation.image: image is in no known format")));
}

}  // namespace
}  // namespace unclip::gateway
