#include "model/nn/layers.h"

#include <ATen/ops/clone.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include "model/nn/packed_ops.h"

namespace unclip::model {

namespace {

std::vector<Linear::Part> EqualParts(const std::vector<std::string>& prefixes, int64_t out_features) {
  std::vector<Linear::Part> parts;
  parts.reserve(prefixes.size());
  for (const std::string& prefix : prefixes) parts.push_back({.prefix = prefix, .out_features = out_features});
  return parts;
}

// What stays as it is.
at::Tensor Keep(ParameterSource& source, const std::vector<Parameter>& parts) {
  if (parts.size() == 1) return source.Get(parts.front().name, parts.front().shape);
  const at::Tensor borrowed = source.Borrow(parts);
  return borrowed.defined() && !borrowed.requires_grad() ? borrowed.clone() : borrowed;
}

}  // namespace

Linear::Linear(ParameterSource& source, const std::string& prefix, int64_t in_features, int64_t out_features, bool has_bias)
    : Linear(source, EqualParts({prefix}, out_features), in_features, has_bias) {}

Linear::Linear(ParameterSource& source, const std::vector<std::string>& prefixes, int64_t in_features, int64_t out_features)
    : Linear(source, EqualParts(prefixes, out_features), in_features) {}

Linear::Linear(ParameterSource& source, const std::vector<Part>& parts, int64_t in_features, bool has_bias) {
  std::vector<Parameter> weights, biases;
  for (const Part& part : parts) {
    weights.push_back({.name = part.prefix + ".weight", .shape = {part.out_features, in_features}});
    biases.push_back({.name = part.prefix + ".bias", .shape = {part.out_features}});
  }
  const at::Tensor weight = source.Borrow(weights);  // [the sum of out_features, in_features]
  is_packed_ = CanPack(weight);
  const bool is_trained = weight.defined() && weight.requires_grad();
  weight_ = is_packed_ ? PackLinearWeight(weight) : is_trained ? weight : Keep(source, weights);
  if (has_bias) bias_ = Keep(source, biases);  // [the sum of out_features]
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return is_packed_ ? PackedLinear(x, weight_, bias_) : at::linear(x, weight_, bias_);
}

LayerNorm::LayerNorm(ParameterSource& source, const std::string& prefix, int64_t features, double epsilon)
    : weight_(source.Get(prefix + ".weight", {features})), bias_(source.Get(prefix + ".bias", {features})), epsilon_(epsilon) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight_, bias_, epsilon_); }

}  // namespace unclip::model
