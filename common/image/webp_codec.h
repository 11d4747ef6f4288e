// Still WebP files, by libwebp.
#ifndef UNCLIP_COMMON_IMAGE_WEBP_CODEC_H_
#define UNCLIP_COMMON_IMAGE_WEBP_CODEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_limits.h"
#include "common/image/rgb_image.h"

namespace unclip {

// Whether `bytes` start as a WebP file does.
bool IsWebp(absl::string_view bytes);

// Decodes a lossy or lossless WebP to RGB as DecodeImage() says. INVALID_ARGUMENT when it is broken, animated or over the limits.
absl::StatusOr<RgbImage> DecodeWebp(absl::string_view bytes, const ImageLimits& limits);

// The alpha plane of a WebP as DecodeImageWithAlpha() says; empty when it has none. INVALID_ARGUMENT as DecodeWebp().
absl::StatusOr<std::vector<uint8_t>> DecodeWebpAlpha(absl::string_view bytes, const ImageLimits& limits);

// Encodes `image`, which must hold width × height × 3 samples, as a lossy WebP of `quality` 1..100.
absl::StatusOr<std::string> EncodeWebp(const RgbImage& image, int quality);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_WEBP_CODEC_H_
