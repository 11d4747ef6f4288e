// CLIP's image tower with its projection.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_VISION_MODEL_H_
#define UNCLIP_SERVICES_CLIP_CLIP_VISION_MODEL_H_

#include <ATen/core/Tensor.h>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "services/clip/clip_config.h"
#include "services/clip/clip_encoder.h"

namespace unclip::clip {

// Source: reference models/clip/modeling_clip.py, CLIPVisionModelWithProjection. N batch, P patches, W width, D projection
// width. Thread-safe.
class ClipVisionModel {
 public:
  struct Output {
    at::Tensor image_embeds;       // [N, D], unnormalized
    at::Tensor last_hidden_state;  // [N, 1 + P, W], before the post layer norm
  };

  ClipVisionModel(const ClipVisionConfig& config, model::ParameterSource& source);

  // pixels [N, channels, image_size, image_size], preprocessed.
  Output Forward(const at::Tensor& pixels) const;

  const ClipVisionConfig& config() const { return config_; }

 private:
  ClipVisionConfig config_;
  at::Tensor class_embedding_;     // [W]
  at::Tensor patch_embedding_;     // [W, channels, patch, patch], the kernel of a convolution without overlap
  at::Tensor position_embedding_;  // [1 + P, W]
  model::LayerNorm pre_layrnorm_;  // the checkpoint's own spelling
  ClipEncoder encoder_;
  model::LayerNorm post_layernorm_;
  model::Linear visual_projection_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_VISION_MODEL_H_
