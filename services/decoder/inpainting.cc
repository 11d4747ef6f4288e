#include "services/decoder/inpainting.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/adaptive_max_pool2d.h>

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "model/device_option.h"
#include "model/nn/tensor_view.h"

namespace unclip::decoder {

model::Repainting RepaintingAt(const InpaintingInput& inpainting, int size, at::Device device) {
  const int64_t width = inpainting.image.width;
  const int64_t height = inpainting.image.height;
  const at::Tensor samples = model::ViewMask(inpainting.image.pixels).reshape({1, height, width, 3});  // [1, H, W, 3]
  const at::Tensor picture = samples.permute({0, 3, 1, 2}).to(at::kFloat).contiguous() / 127.5 - 1;    // [1, 3, H, W]
  const at::Tensor is_drawn = 1 - model::ViewMask(inpainting.kept).reshape({1, 1, height, width}).to(at::kFloat);
  // Where a size does not divide the other, a pixel covers in part what its neighbour covers as well.
  const at::Tensor known = at::adaptive_avg_pool2d(picture, {size, size});                    // [1, 3, size, size]
  const at::Tensor any_drawn = std::get<0>(at::adaptive_max_pool2d(is_drawn, {size, size}));  // [1, 1, size, size]
  return {.known = model::ToDevice(known, device), .is_known = model::ToDevice(any_drawn == 0, device)};
}

void RestoreKept(const InpaintingInput& inpainting, RgbImage* image) {
  for (size_t i = 0; i < inpainting.kept.size(); ++i) {
    if (inpainting.kept[i] != 0) std::copy_n(&inpainting.image.pixels[3 * i], 3, &image->pixels[3 * i]);
  }
}

}  // namespace unclip::decoder
