// The forward pass of group normalization on the CPU, by a kernel of our own.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_FORWARD_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_FORWARD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/nn/norm_modulation.h"

namespace unclip::model {

// What gradients are computed from, besides x.
struct NormStatistics {
  at::Tensor maps;    // [2, N, C] float32: scale and shift; z = x × scale + shift, before SiLU
  at::Tensor groups;  // [2, N, G] float64: mean, and 1 over the deviation
  at::Tensor sums;    // [N, C] float64: of x
};

// Whether there is a kernel for tensors like x: on the CPU, float32 or bfloat16.
bool HasNormKernel(const at::Tensor& x);

// Whether x lies in memory as [N, HW, C]; otherwise [N, C, HW] is meant.
bool IsChannelsLast(const at::Tensor& x);

// x [N, C, ...], dense in one of these orders -> the same shape, type and order. `weight` and `bias` [C], contiguous float32.
// Fills in `statistics` unless it is null. Not recorded for gradients. Thread-safe.
at::Tensor NormalizeForward(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                            const NormModulation& modulation, NormStatistics* statistics = nullptr);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_FORWARD_H_
