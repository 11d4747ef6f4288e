#include "services/decoder/text_projection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::decoder {

absl::StatusOr<TextProjectionConfig> ReadTextProjectionConfig(const std::string& component_dir) {
  constexpr int kMaxDim = 1 << 16;
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(component_dir + "/config.json"));
  reader.ExpectClass("UnCLIPTextProjModel");
  TextProjectionConfig config;
  config.clip_embeddings_dim = reader.Int("clip_embeddings_dim", 1, kMaxDim, 768);
  config.time_embed_dim = reader.Int("time_embed_dim", 1, kMaxDim);
  config.cross_attention_dim = reader.Int("cross_attention_dim", 1, kMaxDim);
  config.clip_extra_context_tokens = reader.Int("clip_extra_context_tokens", 1, 1024, 4);
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

TextProjection::TextProjection(const TextProjectionConfig& config, model::ParameterSource& source)
    : config_(config),
      learned_classifier_free_guidance_embeddings_(
          source.Get("learned_classifier_free_guidance_embeddings", {config.clip_embeddings_dim})),
      embedding_proj_(source, "embedding_proj", config.clip_embeddings_dim, config.time_embed_dim),
      clip_image_embeddings_project_to_time_embeddings_(source, "clip_image_embeddings_project_to_time_embeddings",
                                                        config.clip_embeddings_dim, config.time_embed_dim),
      clip_extra_context_tokens_proj_(source, "clip_extra_context_tokens_proj", config.clip_embeddings_dim,
                                      int64_t{config.clip_extra_context_tokens} * config.cross_attention_dim),
      encoder_hidden_states_proj_(source, "encoder_hidden_states_proj", config.clip_embeddings_dim, config.cross_attention_dim),
      text_encoder_hidden_states_norm_(source, "text_encoder_hidden_states_norm", config.cross_attention_dim) {}

TextProjection::Output TextProjection::Forward(const at::Tensor& image_embeddings, const at::Tensor& text_embeddings,
                                               const at::Tensor& hidden_states) const {
  const at::TensorOptions options = learned_classifier_free_guidance_embeddings_.options();
  const at::Tensor image = image_embeddings.to(options);
  // The token index is the fastest axis of the projection, so the tokens are its columns.
  const at::Tensor extra_tokens = clip_extra_context_tokens_proj_(image)
                                      .reshape({image.size(0), -1, config_.clip_extra_context_tokens})               // [N, X, P]
                                      .permute({0, 2, 1});                                                           // [N, P, X]
  const at::Tensor text = text_encoder_hidden_states_norm_(encoder_hidden_states_proj_(hidden_states.to(options)));  // [N, T, X]
  return {
      .context = at::cat({extra_tokens, text}, 1),
      .class_labels = clip_image_embeddings_project_to_time_embeddings_(image) + embedding_proj_(text_embeddings.to(options))};
}

at::Tensor TextProjection::NullImageEmbeddings(int64_t count) const {
  return learned_classifier_free_guidance_embeddings_.unsqueeze(0).expand({count, -1});  // [count, D]
}

}  // namespace unclip::decoder
