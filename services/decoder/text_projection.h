// What turns CLIP embeddings into the base decoder's conditioning.
#ifndef UNCLIP_SERVICES_DECODER_TEXT_PROJECTION_H_
#define UNCLIP_SERVICES_DECODER_TEXT_PROJECTION_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"
#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"

namespace unclip::decoder {

// Sizes, from text_proj/config.json.
struct TextProjectionConfig {
  int clip_embeddings_dim = 0;        // D
  int time_embed_dim = 0;             // E
  int cross_attention_dim = 0;        // X
  int clip_extra_context_tokens = 4;  // P
};

// Reads COMPONENT_DIR/config.json of a UnCLIPTextProjModel.
absl::StatusOr<TextProjectionConfig> ReadTextProjectionConfig(const std::string& component_dir);

// Source: unCLIP (2204.06125) §2.1; reference pipelines/unclip/text_proj.py, UnCLIPTextProjModel. Thread-safe.
class TextProjection {
 public:
  struct Output {
    at::Tensor context;       // [N, P + T, X]: the embedding as P extra tokens, then the text
    at::Tensor class_labels;  // [N, E], to add to the time embedding
  };

  TextProjection(const TextProjectionConfig& config, model::ParameterSource& source);

  // image_embeddings and text_embeddings [N, D], hidden_states [N, T, D].
  Output Forward(const at::Tensor& image_embeddings, const at::Tensor& text_embeddings, const at::Tensor& hidden_states) const;

  // The learned embedding that stands in for the picture's in the unconditional half of guidance, `count` times. [count, D].
  at::Tensor NullImageEmbeddings(int64_t count) const;

  const TextProjectionConfig& config() const { return config_; }

 private:
  TextProjectionConfig config_;
  at::Tensor learned_classifier_free_guidance_embeddings_;  // [D]
  model::Linear embedding_proj_;
  model::Linear clip_image_embeddings_project_to_time_embeddings_;
  model::Linear clip_extra_context_tokens_proj_;
  model::Linear encoder_hidden_states_proj_;
  model::LayerNorm text_encoder_hidden_states_norm_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_TEXT_PROJECTION_H_
