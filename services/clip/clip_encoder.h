// The transformer that both CLIP towers are made of.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_ENCODER_H_
#define UNCLIP_SERVICES_CLIP_CLIP_ENCODER_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/nn/activation.h"
#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "services/clip/clip_config.h"

namespace unclip::clip {

// Source: CLIP (2103.00020); reference models/clip/modeling_clip.py, CLIPEncoder. N batch, T tokens, W width. Thread-safe.
class ClipEncoder {
 public:
  // Parameters PREFIX.layers.i.{layer_norm1,self_attn.{q,k,v,out}_proj,layer_norm2,mlp.fc1,mlp.fc2}.
  ClipEncoder(const ClipEncoderConfig& config, model::ParameterSource& source, const std::string& prefix);

  // x [N, T, W]; `mask` is undefined or [T, T], added to the attention scores. Returns [N, T, W], before any final norm.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& mask) const;

 private:
  class Layer {
   public:
    Layer(const ClipEncoderConfig& config, model::ParameterSource& source, const std::string& prefix);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& mask) const;  // [N, T, W] -> [N, T, W]

   private:
    int64_t head_count_;
    model::Activation activation_;
    model::LayerNorm layer_norm1_;
    model::Linear q_proj_;
    model::Linear k_proj_;
    model::Linear v_proj_;
    model::Linear out_proj_;
    model::LayerNorm layer_norm2_;
    model::Linear fc1_;
    model::Linear fc2_;
  };

  std::vector<Layer> layers_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_ENCODER_H_
