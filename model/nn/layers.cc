#include "model/nn/layers.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

namespace unclip::model {

Linear::Linear(ParameterSource& source, const std::string& prefix, int64_t in_features, int64_t out_features, bool has_bias)
    : weight_(source.Get(prefix + ".weight", {out_features, in_features})) {
  if (has_bias) bias_ = source.Get(prefix + ".bias", {out_features});
}

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight_, bias_); }

Conv2d::Conv2d(ParameterSource& source, const std::string& prefix, int64_t in_channels, int64_t out_channels, int64_t kernel_size,
               at::MemoryFormat format)
    : weight_(source.Get(prefix + ".weight", {out_channels, in_channels, kernel_size, kernel_size})),
      bias_(source.Get(prefix + ".bias", {out_channels})),
      padding_(kernel_size / 2) {
  if (weight_.defined()) weight_ = weight_.contiguous(format);
}

at::Tensor Conv2d::operator()(const at::Tensor& x) const { return at::conv2d(x, weight_, bias_, /*stride=*/1, padding_); }

GroupNorm::GroupNorm(ParameterSource& source, const std::string& prefix, int64_t group_count, int64_t channels, double epsilon)
    : weight_(source.Get(prefix + ".weight", {channels})),
      bias_(source.Get(prefix + ".bias", {channels})),
      group_count_(group_count),
      epsilon_(epsilon) {}

at::Tensor GroupNorm::operator()(const at::Tensor& x) const { return at::group_norm(x, group_count_, weight_, bias_, epsilon_); }

LayerNorm::LayerNorm(ParameterSource& source, const std::string& prefix, int64_t features, double epsilon)
    : weight_(source.Get(prefix + ".weight", {features})), bias_(source.Get(prefix + ".bias", {features})), epsilon_(epsilon) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight_, bias_, epsilon_); }

}  // namespace unclip::model
