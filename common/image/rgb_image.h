// A picture in memory.
#ifndef UNCLIP_COMMON_IMAGE_RGB_IMAGE_H_
#define UNCLIP_COMMON_IMAGE_RGB_IMAGE_H_

#include <cstdint>
#include <vector>

namespace unclip {

// Rows of 8-bit R, G, B from the top left, no padding.
struct RgbImage {
  int width = 0;                // pixels
  int height = 0;               // pixels
  std::vector<uint8_t> pixels;  // height × width × 3
};

// A picture and how opaque it is.
struct RgbImageWithAlpha {
  RgbImage image;
  std::vector<uint8_t> alpha;  // height × width, 0 (transparent) to 255; empty when the file says nothing of it
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_RGB_IMAGE_H_
