#include "services/clip/clip_encoder.h"

#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::clip {

ClipEncoder::Layer::Layer(const ClipEncoderConfig& config, model::ParameterSource& source, const std::string& prefix)
    : head_count_(config.num_attention_heads),
      activation_(model::ParseActivation(config.hidden_act)),
      layer_norm1_(source, prefix + ".layer_norm1", config.hidden_size, config.layer_norm_eps),
      q_proj_(source, prefix + ".self_attn.q_proj", config.hidden_size, config.hidden_size),
      k_proj_(source, prefix + ".self_attn.k_proj", config.hidden_size, config.hidden_size),
      v_proj_(source, prefix + ".self_attn.v_proj", config.hidden_size, config.hidden_size),
      out_proj_(source, prefix + ".self_attn.out_proj", config.hidden_size, config.hidden_size),
      layer_norm2_(source, prefix + ".layer_norm2", config.hidden_size, config.layer_norm_eps),
      fc1_(source, prefix + ".mlp.fc1", config.hidden_size, config.intermediate_size),
      fc2_(source, prefix + ".mlp.fc2", config.intermediate_size, config.hidden_size) {}

at::Tensor ClipEncoder::Layer::operator()(const at::Tensor& x, const at::Tensor& mask) const {
  const at::Tensor h = layer_norm1_(x);                             // [N, T, W]
  const at::Tensor q = model::SplitHeads(q_proj_(h), head_count_);  // [N, heads, T, d]
  const at::Tensor k = model::SplitHeads(k_proj_(h), head_count_);
  const at::Tensor v = model::SplitHeads(v_proj_(h), head_count_);
  const at::Tensor attended = x + out_proj_(model::MergeHeads(model::Attend(q, k, v, mask)));  // [N, T, W]
  return attended + fc2_(model::Activate(activation_, fc1_(layer_norm2_(attended))));          // [N, T, W]
}

ClipEncoder::ClipEncoder(const ClipEncoderConfig& config, model::ParameterSource& source, const std::string& prefix) {
  for (int i = 0; i < config.num_hidden_layers && source.status().ok(); ++i) {
    layers_.emplace_back(config, source, absl::StrCat(prefix, ".layers.", i));
  }
}

at::Tensor ClipEncoder::operator()(const at::Tensor& x, const at::Tensor& mask) const {
  at::Tensor h = x;
  for (const Layer& layer : layers_) h = layer(h, mask);
  return h;
}

}  // namespace unclip::clip
