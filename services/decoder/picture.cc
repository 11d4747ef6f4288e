#include "services/decoder/picture.h"

#include <ATen/TensorOperators.h>

namespace unclip::decoder {

RgbImage ToRgbImage(const at::Tensor& pictures, int64_t index) {
  const at::Tensor samples =
      ((pictures.select(0, index) * 0.5 + 0.5).clamp(0, 1) * 255).round().to(at::kByte).permute({1, 2, 0}).cpu();  // [H, W, 3]
  const at::Tensor dense = samples.contiguous();
  const uint8_t* data = dense.const_data_ptr<uint8_t>();
  return {.width = static_cast<int>(samples.size(1)),
          .height = static_cast<int>(samples.size(0)),
          .pixels = std::vector<uint8_t>(data, data + samples.numel())};
}

}  // namespace unclip::decoder
