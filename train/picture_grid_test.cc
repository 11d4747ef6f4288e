#include "train/picture_grid.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace unclip::train {
namespace {

RgbImage Filled(int size, uint8_t value) {
  return {.width = size, .height = size, .pixels = std::vector<uint8_t>(size_t{3} * size * size, value)};
}

uint8_t At(const RgbImage& image, int x, int y) { return image.pixels[size_t{3} * (y * image.width + x)]; }

TEST(PictureGridTest, LaysPicturesOutRowByRow) {
  const RgbImage grid = PictureGrid({Filled(4, 10), Filled(4, 20), Filled(4, 30)});
  EXPECT_EQ(grid.width, 10);  // two and a line of two pixels
  EXPECT_EQ(grid.height, 10);
  EXPECT_EQ(At(grid, 0, 0), 10);
  EXPECT_EQ(At(grid, 4, 0), 255);
  EXPECT_EQ(At(grid, 6, 0), 20);
  EXPECT_EQ(At(grid, 3, 9), 30);
  EXPECT_EQ(At(grid, 9, 9), 255) << "what is left over is white";
}

TEST(PictureGridTest, IsAPictureEvenOfNone) {
  const RgbImage grid = PictureGrid({});
  EXPECT_EQ(grid.width, 1);
  EXPECT_EQ(grid.pixels.size(), 3U);
}

}  // namespace
}  // namespace unclip::train
