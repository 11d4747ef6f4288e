// PNG files, by libspng.
#ifndef UNCLIP_COMMON_IMAGE_PNG_CODEC_H_
#define UNCLIP_COMMON_IMAGE_PNG_CODEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_limits.h"
#include "common/image/rgb_image.h"

namespace unclip {

// Whether `bytes` start as a PNG file does.
bool IsPng(absl::string_view bytes);

// Decodes a PNG to RGB as DecodeImage() says. INVALID_ARGUMENT when it is broken, animated (APNG) or over the limits.
absl::StatusOr<RgbImage> DecodePng(absl::string_view bytes, const ImageLimits& limits);

// The alpha plane of a PNG as DecodeImageWithAlpha() says; empty when it has none. INVALID_ARGUMENT as DecodePng().
absl::StatusOr<std::vector<uint8_t>> DecodePngAlpha(absl::string_view bytes, const ImageLimits& limits);

// Encodes `image`, which must hold width × height × 3 samples, as 8-bit RGB. The effort is tuned for speed: a picture of 1024²
// pixels takes well under 100 ms.
absl::StatusOr<std::string> EncodePng(const RgbImage& image);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_PNG_CODEC_H_
