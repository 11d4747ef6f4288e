// The layers of transformers that hold weights.
//
// Each is built from a ParameterSource under a name prefix (the checkpoint's), and is a plain value: copying it shares the
// weights. Forward passes are const and thread-safe.
#ifndef UNCLIP_MODEL_NN_LAYERS_H_
#define UNCLIP_MODEL_NN_LAYERS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/nn/parameter_source.h"

namespace unclip::model {

// y = x Wᵀ + b. Parameters PREFIX.weight [out, in] and, unless left out, PREFIX.bias [out]. Weights are packed where
// model/nn/packed_ops can.
class Linear {
 public:
  Linear() = default;
  Linear(ParameterSource& source, const std::string& prefix, int64_t in_features, int64_t out_features, bool has_bias = true);

  // Several projections of the same input as one; their outputs lie side by side. `out_features` is that of each.
  Linear(ParameterSource& source, const std::vector<std::string>& prefixes, int64_t in_features, int64_t out_features);

  // The same of different widths.
  struct Part {
    std::string prefix;
    int64_t out_features = 0;
  };
  Linear(ParameterSource& source, const std::vector<Part>& parts, int64_t in_features, bool has_bias = true);

  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]

 private:
  at::Tensor weight_;  // packed if is_packed_
  at::Tensor bias_;
  bool is_packed_ = false;
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
