// Reads and writes pictures in the formats that users send and ask for. Input is untrusted.
#ifndef UNCLIP_COMMON_IMAGE_IMAGE_CODEC_H_
#define UNCLIP_COMMON_IMAGE_IMAGE_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_limits.h"
#include "common/image/rgb_image.h"

namespace unclip {

// How a picture is encoded.
enum class ImageEncoding {
  kPng,   // 8-bit RGB, lossless
  kJpeg,  // baseline
  kWebp,  // lossy
  kRgb8,  // the samples alone: rows of 8-bit R, G, B from the top left
};

// Quality of JPEG and WebP when nobody says otherwise.
inline constexpr int kDefaultImageQuality = 90;

// Decodes a PNG, JPEG or still WebP, told apart by its first bytes, to what Pillow's Image.open(...).convert("RGB") gives: gray
// and palettes are spread to RGB, 16-bit samples keep their high byte (of 16-bit gray, values above 255 become 255), CMYK is
// converted by its simple formula, alpha is dropped, colour profiles and EXIF orientation are not applied.
//
// The byte limit is checked first, and the pixel limit from the header before anything of the picture's size is allocated:
// INVALID_ARGUMENT for either, for broken or truncated data, and for other and animated formats, which are named. Thread-safe.
absl::StatusOr<RgbImage> DecodeImage(absl::string_view bytes, const ImageLimits& limits = {});

// The same, and the alpha plane, if the file has one: an alpha channel, or a PNG's transparent colour or palette (tRNS). Of
// 16-bit alpha the high byte is kept. The samples are those of DecodeImage(): not blended with anything.
absl::StatusOr<RgbImageWithAlpha> DecodeImageWithAlpha(absl::string_view bytes, const ImageLimits& limits = {});

// The picture of `width` × `height` pixels whose samples are `samples` (ImageEncoding::kRgb8). INVALID_ARGUMENT when a size is
// below 1, the picture is over `limits`, or `samples` is not width × height × 3 bytes long.
absl::StatusOr<RgbImage> ImageFromRgb8(absl::string_view samples, int width, int height, const ImageLimits& limits = {});

// Encodes `image`. The same picture and quality always give the same bytes. `quality` is 1 (worst) to 100 (best) and matters for
// JPEG and WebP only. INVALID_ARGUMENT when the quality is out of range, `image` does not hold width × height × 3 samples, or a
// side is longer than the format can say (JPEG 65,500, WebP 16,383). Thread-safe.
absl::StatusOr<std::string> EncodeImage(const RgbImage& image, ImageEncoding encoding, int quality = kDefaultImageQuality);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_IMAGE_CODEC_H_
