// CLIP's text tower with its projection.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_TEXT_MODEL_H_
#define UNCLIP_SERVICES_CLIP_CLIP_TEXT_MODEL_H_

#include <ATen/core/Tensor.h>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "services/clip/clip_config.h"
#include "services/clip/clip_encoder.h"

namespace unclip::clip {

// Source: reference models/clip/modeling_clip.py, CLIPTextModelWithProjection. N batch, T tokens, W width, D projection width.
// Thread-safe.
class ClipTextModel {
 public:
  struct Output {
    at::Tensor text_embeds;        // [N, D], unnormalized
    at::Tensor last_hidden_state;  // [N, T, W], after the final layer norm
  };

  ClipTextModel(const ClipTextConfig& config, model::ParameterSource& source);

  // input_ids [N, T] int64, padded; each id below vocab_size. Padding is not masked, as in the reference: the tower is causal, so
  // it changes only the hidden states of padding.
  Output Forward(const at::Tensor& ids) const;

  const ClipTextConfig& config() const { return config_; }

 private:
  // Where each row's end token stands, [N].
  at::Tensor EndPositions(const at::Tensor& input_ids) const;

  ClipTextConfig config_;
  at::Tensor token_embedding_;     // [vocab_size, W]
  at::Tensor position_embedding_;  // [T, W]
  ClipEncoder encoder_;
  model::LayerNorm final_layer_norm_;
  model::Linear text_projection_;
  at::Tensor causal_mask_;  // [T, T]
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_TEXT_MODEL_H_
