#include "model/nn/layers.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <utility>

#include "model/nn/packed_ops.h"

namespace unclip::model {

namespace {

// The tensors one below the other; undefined if one is, which a ParameterSource has reported.
at::Tensor Stack(const std::vector<at::Tensor>& tensors) {
  if (!std::all_of(tensors.begin(), tensors.end(), [](const at::Tensor& tensor) { return tensor.defined(); })) return {};
  return at::cat(tensors);
}

at::Tensor StackParameters(ParameterSource& source, const std::vector<std::string>& prefixes, const std::string& name,
                           const std::vector<int64_t>& shape) {
  std::vector<at::Tensor> parts;
  parts.reserve(prefixes.size());
  for (const std::string& prefix : prefixes) parts.push_back(source.Get(prefix + name, shape));
  return Stack(parts);
}

}  // namespace

Linear::Linear(ParameterSource& source, const std::string& prefix, int64_t in_features, int64_t out_features, bool has_bias)
    : Linear(source.Get(prefix + ".weight", {out_features, in_features}),
             has_bias ? source.Get(prefix + ".bias", {out_features}) : at::Tensor()) {}

Linear::Linear(ParameterSource& source, const std::vector<std::string>& prefixes, int64_t in_features, int64_t out_features)
    : Linear(StackParameters(source, prefixes, ".weight", {out_features, in_features}),
             StackParameters(source, prefixes, ".bias", {out_features})) {}

Linear::Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {
  if (!weight_.defined()) return;
  is_packed_ = weight_.is_cpu() && HasPackedOps(weight_.scalar_type());
  if (is_packed_) weight_ = PackLinearWeight(weight_);
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return is_packed_ ? PackedLinear(x, weight_, bias_) : at::linear(x, weight_, bias_);
}

LayerNorm::LayerNorm(ParameterSource& source, const std::string& prefix, int64_t features, double epsilon)
    : weight_(source.Get(prefix + ".weight", {features})), bias_(source.Get(prefix + ".bias", {features})), epsilon_(epsilon) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight_, bias_, epsilon_); }

}  // namespace unclip::model
