#include "common/image/image_codec.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/image/jpeg_codec.h"
#include "common/image/png_codec.h"
#include "common/image/webp_codec.h"

namespace unclip {
namespace {

struct ForeignFormat {
  size_t offset;  // of the magic bytes
  absl::string_view magic;
  absl::string_view name;
};

// Known by name only, so that a user learns what to convert.
constexpr ForeignFormat kForeignFormats[] = {
    {0, "GIF8", "GIF"},
    {0, "BM", "BMP"},
    {0, absl::string_view("II*\0", 4), "TIFF"},
    {0, absl::string_view("MM\0*", 4), "TIFF"},
    {0, absl::string_view("\0\0\1\0", 4), "ICO"},
    {4, "ftypavif", "AVIF"},
    {4, "ftypavis", "AVIF"},
    {4, "ftyp", "HEIC or another ISO media"},
    {0, "\xff\x0a", "JPEG XL"},
    {4, "JXL ", "JPEG XL"},
    {4, "jP  ", "JPEG 2000"},
    {0, "\xff\x4f\xff\x51", "JPEG 2000"},
    {0, "8BPS", "Photoshop"},
    {0, "SIMPLE  =", "FITS"},
    {0, "%PDF", "PDF"},
    {0, "<svg", "SVG"},
    {0, "<?xml", "SVG or another XML"},
    {0, "v/1\1", "OpenEXR"},
    {0, "qoif", "QOI"},
};

absl::Status UnknownFormat(absl::string_view bytes) {
  for (const ForeignFormat& format : kForeignFormats) {
    if (bytes.size() >= format.offset && absl::StartsWith(bytes.substr(format.offset), format.magic)) {
      return absl::InvalidArgumentError(absl::StrCat("image is in the ", format.name, " format; it must be a PNG, JPEG or WebP"));
    }
  }
  return absl::InvalidArgumentError("image is in no known format; it must be a PNG, JPEG or WebP");
}

}  // namespace

absl::StatusOr<RgbImage> DecodeImage(absl::string_view bytes, const ImageLimits& limits) {
  if (bytes.empty()) return absl::InvalidArgumentError("image is empty; it must be a PNG, JPEG or WebP");
  if (bytes.size() > limits.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("image is ", bytes.size(), " bytes long; at most ", limits.max_bytes, " bytes are accepted"));
  }
  if (IsPng(bytes)) return DecodePng(bytes, limits);
  if (IsJpeg(bytes)) return DecodeJpeg(bytes, limits);
  if (IsWebp(bytes)) return DecodeWebp(bytes, limits);
  return UnknownFormat(bytes);
}

absl::StatusOr<RgbImageWithAlpha> DecodeImageWithAlpha(absl::string_view bytes, const ImageLimits& limits) {
  RgbImageWithAlpha decoded;
  // Twice: what decodes to RGB is held to the reference's pixels, and should not have to know of alpha.
  ASSIGN_OR_RETURN(decoded.image, DecodeImage(bytes, limits));
  if (IsPng(bytes)) {
    ASSIGN_OR_RETURN(decoded.alpha, DecodePngAlpha(bytes, limits));
  } else if (IsWebp(bytes)) {
    ASSIGN_OR_RETURN(decoded.alpha, DecodeWebpAlpha(bytes, limits));
  }
  return decoded;
}

absl::StatusOr<RgbImage> ImageFromRgb8(absl::string_view samples, int width, int height, const ImageLimits& limits) {
  RETURN_IF_ERROR(CheckImageSize(width, height, limits));
  if (samples.size() != static_cast<size_t>(width) * height * 3) {
    return absl::InvalidArgumentError(absl::StrCat("image of ", width, "x", height, " pixels has ", samples.size(),
                                                   " bytes of samples; it must have width x height x 3"));
  }
  return RgbImage{.width = width, .height = height, .pixels = std::vector<uint8_t>(samples.begin(), samples.end())};
}

absl::StatusOr<std::string> EncodeImage(const RgbImage& image, ImageEncoding encoding, int quality) {
  RETURN_IF_ERROR(CheckImage(image));
  if (quality < 1 || quality > 100) {
    return absl::InvalidArgumentError(absl::StrCat("quality is ", quality, "; it must be 1 to 100"));
  }
  switch (encoding) {
    case ImageEncoding::kPng:
      return EncodePng(image);
    case ImageEncoding::kJpeg:
      return EncodeJpeg(image, quality);
    case ImageEncoding::kWebp:
      return EncodeWebp(image, quality);
    case ImageEncoding::kRgb8:
      return std::string(image.pixels.begin(), image.pixels.end());
  }
  return absl::InvalidArgumentError("encoding is none of PNG, JPEG, WebP and RGB8");
}

}  // namespace unclip
