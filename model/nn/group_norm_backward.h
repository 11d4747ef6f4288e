// The backward pass of group normalization on the CPU, by a kernel of our own.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_BACKWARD_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_BACKWARD_H_

#include <ATen/core/Tensor.h>

#include "model/nn/group_norm_forward.h"
#include "model/nn/norm_modulation.h"

namespace unclip::model {

// The gradients of what NormalizeForward() was given.
struct NormGradients {
  at::Tensor x;       // [N, C, ...] of x's type and order; undefined if not asked for
  at::Tensor weight;  // [C] float32
  at::Tensor bias;    // [C] float32
  at::Tensor add;     // [N, C] float32; undefined if nothing was added
  at::Tensor scale;   // [N, C] float32, also where there was none: what it would have had
  at::Tensor shift;   // [N, C] float32, likewise
};

// From the gradient `dy` of what NormalizeForward() returned, in the same order as x, and from what it was given and filled in.
// LibTorch's operators take a dozen passes over memory for this, and here it is two: one for sums, and one for the gradient of x.
// Sums go from floats to doubles every few hundred values, in an order that depends on the sample's size alone. Thread-safe.
NormGradients NormalizeBackward(const at::Tensor& dy, const at::Tensor& x, const NormStatistics& statistics,
                                const at::Tensor& weight, const at::Tensor& bias, const NormModulation& modulation, bool wants_x);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_BACKWARD_H_
