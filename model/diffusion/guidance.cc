#include "model/diffusion/guidance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace unclip::model {

at::Tensor Guide(const at::Tensor& output, double guidance_scale) {
  const int64_t n = output.size(0) / 2;
  const at::Tensor unconditional = output.narrow(0, 0, n);
  return unconditional + (output.narrow(0, n, n) - unconditional) * guidance_scale;  // [N, ...]
}

at::Tensor GuideKeepingVariance(const at::Tensor& output, double guidance_scale, int64_t channels) {
  const int64_t n = output.size(0) / 2;
  at::Tensor guided = Guide(output.narrow(1, 0, channels), guidance_scale);  // [N, C, H, W]
  if (output.size(1) == channels) return guided;
  const at::Tensor variance = output.narrow(0, n, n).narrow(1, channels, output.size(1) - channels);  // [N, C' - C, H, W]
  return at::cat({guided, variance}, 1);                                                              // [N, C', H, W]
}

}  // namespace unclip::model
