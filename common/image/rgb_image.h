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

}  // namespace unclip

#endif  // UNCLIP_COMMON_IMAGE_RGB_IMAGE_H_
