#include "gateway/image_conversion.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/image/resample.h"

namespace unclip::gateway {
namespace {

common::v1::ImageFormat FormatOf(ImageEncoding encoding) {
  switch (encoding) {
    case ImageEncoding::kPng:
      return common::v1::IMAGE_FORMAT_PNG;
    case ImageEncoding::kJpeg:
      return common::v1::IMAGE_FORMAT_JPEG;
    case ImageEncoding::kWebp:
      return common::v1::IMAGE_FORMAT_WEBP;
    case ImageEncoding::kRgb8:
      return common::v1::IMAGE_FORMAT_RGB8;
  }
  return common::v1::IMAGE_FORMAT_UNSPECIFIED;
}

absl::StatusOr<common::v1::EncodedImage> Encode(const RgbImage& image, ImageEncoding encoding, int quality) {
  common::v1::EncodedImage proto;
  ASSIGN_OR_RETURN(*proto.mutable_data(), EncodeImage(image, encoding, quality));
  proto.set_format(FormatOf(encoding));
  proto.mutable_size()->set_width_px(image.width);
  proto.mutable_size()->set_height_px(image.height);
  return proto;
}

}  // namespace

absl::StatusOr<RgbImage> RawImageFromProto(absl::string_view stage, const common::v1::EncodedImage& proto) {
  if (proto.format() != common::v1::IMAGE_FORMAT_RGB8) {
    return absl::InternalError(absl::StrCat("the ", stage, " service sent a picture of format ", static_cast<int>(proto.format()),
                                            "; raw samples (", static_cast<int>(common::v1::IMAGE_FORMAT_RGB8),
                                            ") were asked for"));
  }
  absl::StatusOr<RgbImage> image = ImageFromRgb8(proto.data(), proto.size().width_px(), proto.size().height_px());
  if (!image.ok()) {
    return absl::InternalError(absl::StrCat("the ", stage, " service sent a broken picture: ", image.status().message()));
  }
  return image;
}

absl::StatusOr<common::v1::EncodedImage> FinishImage(const RgbImage& image, const PictureSize& size, ImageEncoding encoding,
                                                     int quality) {
  if (PictureSize{image.width, image.height} == size) return Encode(image, encoding, quality);
  ASSIGN_OR_RETURN(const RgbImage resized, ResizeImage(image, size.width, size.height, ResampleFilter::kLanczos));
  return Encode(resized, encoding, quality);
}

}  // namespace unclip::gateway
