// Group normalization that gradients pass through, for training.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_AUTOGRAD_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_AUTOGRAD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/nn/norm_modulation.h"

namespace unclip::model {

// Whether gradients are being recorded and one of these tensors, of which some may be undefined, requires its own.
bool RecordsGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const NormModulation& modulation);

// What GroupNorm computes, differentiable once in `x` [N, C, ...], `weight` and `bias` [C] and the modulation's tensors. Returns
// x's shape and type. Thread-safe.
at::Tensor DifferentiableGroupNorm(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias,
                                   double epsilon, const NormModulation& modulation);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_AUTOGRAD_H_
