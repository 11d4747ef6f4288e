// Group normalization together with what the networks here do next to it.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "model/nn/norm_modulation.h"
#include "model/nn/parameter_source.h"

namespace unclip::model {

// Normalizes each sample over groups of channels, then scales and shifts. Parameters PREFIX.weight and PREFIX.bias [channels]. A
// plain value: copying it shares the weights. Const and thread-safe.
//
// On the CPU in float32 and bfloat16 it is a kernel of our own, since LibTorch takes three to five passes over memory for this,
// and its own kernel rounds differently with the size of the batch. Sums are double, so a sample's result depends on nothing but
// the sample.
//
// Where gradients are recorded and one of the tensors requires its own, the result is differentiable
// (model/nn/group_norm_autograd).
class GroupNorm {
 public:
  GroupNorm() = default;
  GroupNorm(ParameterSource& source, const std::string& prefix, int64_t group_count, int64_t channels, double epsilon);

  // [N, C, ...], contiguous or channels-last -> the same.
  at::Tensor operator()(const at::Tensor& x, const NormModulation& modulation = {}) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  int64_t group_count_ = 1;
  double epsilon_ = 1e-5;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_H_
