// Resizes pictures exactly as Pillow's Image.resize does, so that preprocessing equals the reference's to the bit.
#ifndef UNCLIP_COMMON_IMAGE_RESAMPLE_H_
#define UNCLIP_COMMON_IMAGE_RESAMPLE_H_

#include "absl/status/statusor.h"
#include "common/image/rgb_image.h"

namespace unclip {

// The kernel, stretched by the scale when a picture shrinks (antialiasing). Its support is given in source pixels a side.
enum class ResampleFilter {
  kBilinear,  // triangle, support 1
  kBicubic,   // Keys' cubic with a = -0.5, support 2
  kLanczos,   // windowed sinc, support 3
};

// Returns `image` as a picture of `width` × `height` pixels. Source: Resample.c of Pillow 13.0.0, 8 bits a channel: one pass
// along the rows and one along the columns, the columns first when the height shrinks by more than twice what the width does; a
// pass that changes nothing is skipped; weights are rounded to 22-bit fixed point, and each pass rounds and clamps to 0..255.
//
// INVALID_ARGUMENT when a size is below 1, `image` does not hold width × height × 3 samples, or the result would have more than
// 64 Mi pixels. Thread-safe.
absl::StatusOr<RgbImage> ResizeImage(const RgbImage& image, int width, int height, ResampleFilter filter);

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_RESAMPLE_H_
