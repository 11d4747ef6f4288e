#include "services/clip/clip_text_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>

#include <limits>

#include "model/nn/attention.h"

namespace unclip::clip {
namespace {

// CLIP's first published configs carry this wrong id; the reference then takes the largest id for the end token.
constexpr int kLegacyEosTokenId = 2;

}  // namespace

ClipTextModel::ClipTextModel(const ClipTextConfig& config, model::ParameterSource& source)
    : config_(config),
      token_embedding_(
          source.Get("text_model.embeddings.token_embedding.weight", {config.vocab_size, config.encoder.hidden_size})),
      position_embedding_(source.Get("text_model.embeddings.position_embedding.weight",
                                     {config.max_position_embeddings, config.encoder.hidden_size})),
      encoder_(config.encoder, source, "text_model.encoder"),
      final_layer_norm_(source, "text_model.final_layer_norm", config.encoder.hidden_size, config.encoder.layer_norm_eps),
      text_projection_(source, "text_projection", config.encoder.hidden_size, config.projection_dim, /*has_bias=*/false) {
  if (token_embedding_.defined()) {
    causal_mask_ =
        model::CausalMask(config.max_position_embeddings, -std::numeric_limits<double>::infinity(), token_embedding_.options());
  }
}

at::Tensor ClipTextModel::EndPositions(const at::Tensor& input_ids) const {
  if (config_.eos_token_id == kLegacyEosTokenId) return input_ids.argmax(1);
  return (input_ids == config_.eos_token_id).to(at::kInt).argmax(1);
}

ClipTextModel::Output ClipTextModel::Forward(const at::Tensor& ids) const {
  const at::Tensor input_ids = ids.to(token_embedding_.device());  // [N, T]
  TORCH_CHECK(input_ids.dim() == 2 && input_ids.size(1) == config_.max_position_embeddings, "the text tower reads ",
              config_.max_position_embeddings, " tokens");
  const at::Tensor x = at::embedding(token_embedding_, input_ids) + position_embedding_;  // [N, T, W]
  const at::Tensor hidden = final_layer_norm_(encoder_(x, causal_mask_));                 // [N, T, W]
  const at::Tensor rows = at::arange(input_ids.size(0), input_ids.options());             // [N]
  const at::Tensor pooled = hidden.index({rows, EndPositions(input_ids)});                // [N, W]
  return {.text_embeds = text_projection_(pooled), .last_hidden_state = hidden};
}

}  // namespace unclip::clip
