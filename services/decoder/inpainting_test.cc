#include "services/decoder/inpainting.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <vector>

namespace unclip::decoder {
namespace {

// A picture whose pixel (x, y) is (10x, 10y, 0), of which what lies left of `kept_columns` is kept.
InpaintingInput Gradient(int size, int kept_columns) {
  InpaintingInput input = {.image = {.width = size, .height = size, .pixels = {}}, .kept = {}};
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      for (const int value : {10 * x, 10 * y, 0}) input.image.pixels.push_back(static_cast<uint8_t>(value));
      input.kept.push_back(x < kept_columns ? 1 : 0);
    }
  }
  return input;
}

float At(const at::Tensor& tensor, int channel, int y, int x) { return tensor[0][channel][y][x].item<float>(); }

TEST(InpaintingTest, AtTheFinishedSizeAllIsAsItWas) {
  const model::Repainting repainting = RepaintingAt(Gradient(4, 3), 4, at::kCPU);
  EXPECT_EQ(repainting.known.sizes(), (std::vector<int64_t>{1, 3, 4, 4}));
  EXPECT_FLOAT_EQ(At(repainting.known, 0, 2, 3), 30 / 127.5 - 1);
  EXPECT_FLOAT_EQ(At(repainting.known, 1, 2, 3), 20 / 127.5 - 1);
  EXPECT_FLOAT_EQ(At(repainting.known, 2, 2, 3), -1);
  for (int x = 0; x < 4; ++x) EXPECT_EQ(repainting.is_known[0][0][1][x].item<bool>(), x < 3);
}

TEST(InpaintingTest, ASmallerPixelIsTheMeanOfWhatItCoversAndKnownWhenAllOfThatIsKept) {
  const model::Repainting repainting = RepaintingAt(Gradient(6, 3), 3, at::kCPU);
  EXPECT_FLOAT_EQ(At(repainting.known, 0, 0, 1), 25 / 127.5 - 1);
  EXPECT_FLOAT_EQ(At(repainting.known, 1, 2, 1), 45 / 127.5 - 1);
  EXPECT_TRUE(repainting.is_known[0][0][0][0].item<bool>());
  EXPECT_FALSE(repainting.is_known[0][0][0][1].item<bool>());  // one of its two columns is kept
  EXPECT_FALSE(repainting.is_known[0][0][0][2].item<bool>());
}

TEST(InpaintingTest, WhereSizesDoNotDivideAPixelCoversAllThatItTouches) {
  const model::Repainting repainting = RepaintingAt(Gradient(5, 3), 2, at::kCPU);
  EXPECT_FLOAT_EQ(At(repainting.known, 0, 0, 0), 10 / 127.5 - 1);  // of columns 0, 1 and 2
  EXPECT_TRUE(repainting.is_known[0][0][0][0].item<bool>());
  EXPECT_FALSE(repainting.is_known[0][0][0][1].item<bool>());  // of columns 2, 3 and 4
}

TEST(InpaintingTest, RestoresKeptPixelsByteByByte) {
  const InpaintingInput input = Gradient(3, 2);
  RgbImage image = {.width = 3, .height = 3, .pixels = std::vector<uint8_t>(27, 200)};
  RestoreKept(input, &image);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 0,   0,   10,  0, 0,  200, 200, 200, 0, 10,  0,   10, 10,
                                                0, 200, 200, 200, 0, 20, 0,   10,  20,  0, 200, 200, 200}));
}

}  // namespace
}  // namespace unclip::decoder
