#include "gateway/image_conversion.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"
#include "common/image/resample.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

RgbImage Gradient(int side) {
  RgbImage image{side, side, {}};
  for (int i = 0; i < side * side * 3; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 7));
  return image;
}

common::v1::EncodedImage Raw(const RgbImage& image) {
  common::v1::EncodedImage proto;
  proto.set_format(common::v1::IMAGE_FORMAT_RGB8);
  proto.mutable_size()->set_width_px(image.width);
  proto.mutable_size()->set_height_px(image.height);
  proto.set_data(std::string(image.pixels.begin(), image.pixels.end()));
  return proto;
}

TEST(ImageConversionTest, ReadsRawSamples) {
  ASSERT_OK_AND_ASSIGN(const RgbImage image, RawImageFromProto("decoder", Raw(Gradient(5))));
  EXPECT_EQ(image.width, 5);
  EXPECT_EQ(image.height, 5);
  EXPECT_EQ(image.pixels, Gradient(5).pixels);
}

TEST(ImageConversionTest, RefusesOtherFormatsAsTheServicesFault) {
  common::v1::EncodedImage proto = Raw(Gradient(5));
  proto.set_format(common::v1::IMAGE_FORMAT_PNG);
  EXPECT_THAT(RawImageFromProto("decoder", proto),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("the decoder service sent a picture of format 1")));
}

TEST(ImageConversionTest, RefusesBytesThatDoNotFitTheSize) {
  common::v1::EncodedImage proto = Raw(Gradient(5));
  proto.mutable_data()->pop_back();
  EXPECT_THAT(RawImageFromProto("decoder", proto),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("the decoder service sent a broken picture")));
  EXPECT_THAT(RawImageFromProto("decoder", Raw(RgbImage{})), StatusIs(absl::StatusCode::kInternal, HasSubstr("broken picture")));
  proto = Raw(Gradient(5));
  proto.mutable_size()->set_width_px(-5);
  EXPECT_THAT(RawImageFromProto("decoder", proto), StatusIs(absl::StatusCode::kInternal, HasSubstr("broken picture")));
}

TEST(ImageConversionTest, KeepsPixelsAtTheSameSize) {
  ASSERT_OK_AND_ASSIGN(const common::v1::EncodedImage proto, FinishImage(Gradient(5), {5, 5}, ImageEncoding::kPng, 90));
  EXPECT_EQ(proto.format(), common::v1::IMAGE_FORMAT_PNG);
  EXPECT_EQ(proto.size().width_px(), 5);
  EXPECT_EQ(proto.size().height_px(), 5);
  ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(proto.data()));
  EXPECT_EQ(image.pixels, Gradient(5).pixels);
}

TEST(ImageConversionTest, ResamplesToAnotherSize) {
  ASSERT_OK_AND_ASSIGN(const common::v1::EncodedImage proto, FinishImage(Gradient(5), {9, 3}, ImageEncoding::kPng, 90));
  EXPECT_EQ(proto.size().width_px(), 9);
  EXPECT_EQ(proto.size().height_px(), 3);
  ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImage(proto.data()));
  ASSERT_OK_AND_ASSIGN(const RgbImage expected, ResizeImage(Gradient(5), 9, 3, ResampleFilter::kLanczos));
  EXPECT_EQ(image.pixels, expected.pixels);
}

TEST(ImageConversionTest, WritesEachFormat) {
  ASSERT_OK_AND_ASSIGN(common::v1::EncodedImage proto, FinishImage(Gradient(5), {5, 5}, ImageEncoding::kJpeg, 90));
  EXPECT_EQ(proto.format(), common::v1::IMAGE_FORMAT_JPEG);
  EXPECT_EQ(proto.data().substr(0, 2), "\xff\xd8");
  ASSERT_OK_AND_ASSIGN(proto, FinishImage(Gradient(5), {5, 5}, ImageEncoding::kWebp, 90));
  EXPECT_EQ(proto.format(), common::v1::IMAGE_FORMAT_WEBP);
  EXPECT_EQ(proto.data().substr(8, 4), "WEBP");
}

}  // namespace
}  // namespace unclip::gateway
