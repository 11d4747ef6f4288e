// JPEG files, by libjpeg-turbo.
#ifndef UNCLIP_COMMON_IMAGE_JPEG_CODEC_H_
#define UNCLIP_COMMON_IMAGE_JPEG_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_limits.h"
#include "common/image/rgb_image.h"

namespace unclip {

// Whether `bytes` start as a JPEG file does.
bool IsJpeg(absl::string_view bytes);

// Decodes a JPEG to RGB as DecodeImage() says. INVALID_ARGUMENT when it is broken, truncated, of another kind than 8-bit Huffman
// or arithmetic DCT, over the limits, or progressive with more scans than a sane encoder writes.
absl::StatusOr<RgbImage> DecodeJpeg(absl::string_view bytes, const ImageLimits& limits);

// Encodes `image`, which must hold width × height × 3 samples, as a baseline JPEG of `quality` 1..100. Colour is stored at full
// resolution from quality 90 up, at half below.
absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_JPEG_CODEC_H_
