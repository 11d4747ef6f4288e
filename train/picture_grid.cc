#include "train/picture_grid.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace unclip::train {
namespace {

constexpr int kGap = 2;  // pixels

}  // namespace

RgbImage PictureGrid(const std::vector<RgbImage>& pictures) {
  if (pictures.empty()) return {.width = 1, .height = 1, .pixels = {255, 255, 255}};
  const auto count = static_cast<int>(pictures.size());
  const auto columns = static_cast<int>(std::ceil(std::sqrt(count)));
  const int rows = (count + columns - 1) / columns;
  const int width = pictures[0].width, height = pictures[0].height;
  RgbImage grid = {.width = columns * (width + kGap) - kGap, .height = rows * (height + kGap) - kGap, .pixels = {}};
  grid.pixels.assign(size_t{3} * grid.width * grid.height, 255);
  for (int i = 0; i < count; ++i) {
    const int left = i % columns * (width + kGap), top = i / columns * (height + kGap);
    for (int y = 0; y < height; ++y) {
      std::copy_n(pictures[i].pixels.begin() + size_t{3} * y * width, size_t{3} * width,
                  grid.pixels.begin() + size_t{3} * ((top + y) * grid.width + left));
    }
  }
  return grid;
}

}  // namespace unclip::train
