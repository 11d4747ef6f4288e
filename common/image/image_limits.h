// How large a picture may be.
#ifndef UNCLIP_COMMON_IMAGE_IMAGE_LIMITS_H_
#define UNCLIP_COMMON_IMAGE_IMAGE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "common/image/rgb_image.h"

namespace unclip {

// Both matter: a PNG of 1 MB can hold 360 million pixels.
struct ImageLimits {
  size_t max_bytes = size_t{32} << 20;     // encoded bytes
  int64_t max_pixels = int64_t{64} << 20;  // width × height
};

// OK when a picture of `width` × `height` pixels has at least one pixel and at most limits.max_pixels; else INVALID_ARGUMENT.
absl::Status CheckImageSize(int64_t width, int64_t height, const ImageLimits& limits);

// OK when `image` has at least one pixel and holds width × height × 3 samples; else INVALID_ARGUMENT.
absl::Status CheckImage(const RgbImage& image);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_IMAGE_LIMITS_H_
