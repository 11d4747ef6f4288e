// The four layers that hold weights and that every network here is made of.
//
// Each is built from a ParameterSource under a name prefix (the checkpoint's), and is a plain value: copying it shares the
// weights. Forward passes are const and thread-safe. Letters: N batch, T tokens, C channels, H and W height and width.
#ifndef UNCLIP_MODEL_NN_LAYERS_H_
#define UNCLIP_MODEL_NN_LAYERS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/MemoryFormat.h>

#include <string>

#include "model/nn/parameter_source.h"

namespace unclip::model {

// y = x Wᵀ + b. Parameters PREFIX.weight [out, in] and, unless left out, PREFIX.bias [out].
class Linear {
 public:
  Linear() = default;
  Linear(ParameterSource& source, const std::string& prefix, int64_t in_features, int64_t out_features, bool has_bias = true);

  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

// A convolution of stride 1 that keeps height and width (kernel 1 or 3, padding to match). Parameters PREFIX.weight
// [out, in, k, k] and PREFIX.bias [out]. `format` is the memory format that the weights are kept in and that the output has.
class Conv2d {
 public:
  Conv2d() = default;
  Conv2d(ParameterSource& source, const std::string& prefix, int64_t in_channels, int64_t out_channels, int64_t kernel_size,
         at::MemoryFormat format);

  at::Tensor operator()(const at::Tensor& x) const;  // [N, in, H, W] -> [N, out, H, W]

  at::ScalarType dtype() const { return weight_.scalar_type(); }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  int64_t padding_ = 0;
};

// Normalizes each sample over groups of channels, then scales and shifts. Parameters PREFIX.weight and PREFIX.bias [channels].
class GroupNorm {
 public:
  GroupNorm() = default;
  GroupNorm(ParameterSource& source, const std::string& prefix, int64_t group_count, int64_t channels, double epsilon);

  at::Tensor operator()(const at::Tensor& x) const;  // [N, C, ...] -> the same

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  int64_t group_count_ = 1;
  double epsilon_ = 1e-5;
};

// Normalizes over the last dimension, then scales and shifts. Parameters PREFIX.weight and PREFIX.bias [features].
class LayerNorm {
 public:
  LayerNorm() = default;
  LayerNorm(ParameterSource& source, const std::string& prefix, int64_t features, double epsilon = 1e-5);

  at::Tensor operator()(const at::Tensor& x) const;  // [..., features] -> the same

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  double epsilon_ = 1e-5;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_LAYERS_H_
