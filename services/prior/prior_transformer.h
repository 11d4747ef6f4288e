// The prior's network: a causal transformer that predicts a CLIP image embedding from a noised one and a prompt.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "model/nn/timestep_embedding.h"
#include "services/prior/prior_config.h"

namespace unclip::prior {

// Source: unCLIP (2204.06125) §2.2; reference models/transformers/prior_transformer.py, PriorTransformer.
//
// The sequence is [text hidden states (T), text embedding, time, noised image embedding, query]; a token sees those before it and
// no padding; the answer is read at the query. Letters: N batch, T text tokens, D embedding width, W inner width,
// S = T + 4 tokens. Forward passes are const and thread-safe.
class PriorTransformer {
 public:
  PriorTransformer(const PriorConfig& config, model::ParameterSource& source);

  // x [N, D] noised image embeddings; timesteps [N]; text_embedding [N, D]; hidden_states [N, T, D]; attention_mask [N, T], 1 for
  // tokens and 0 for padding. Returns the predicted image embeddings [N, D].
  at::Tensor Forward(const at::Tensor& x, const at::Tensor& timesteps, const at::Tensor& text_embedding,
                     const at::Tensor& hidden_states, const at::Tensor& attention_mask) const;

  // Undoes the normalization of the embeddings that the prior was trained on: x × clip_std + clip_mean. [N, D] -> [N, D].
  at::Tensor Denormalize(const at::Tensor& x) const;

  const PriorConfig& config() const { return config_; }
  at::ScalarType dtype() const { return prd_embedding_.scalar_type(); }

 private:
  // Pre-norm self-attention and MLP (reference models/attention.py, BasicTransformerBlock).
  class Block {
   public:
    Block(const PriorConfig& config, model::ParameterSource& source, const std::string& prefix);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& mask) const;  // [N, S, W] -> [N, S, W]

   private:
    int64_t head_count_;
    model::LayerNorm norm1_;
    model::Linear to_q_;
    model::Linear to_k_;
    model::Linear to_v_;
    model::Linear to_out_;
    model::LayerNorm norm3_;
    model::Linear ff_in_;
    model::Linear ff_out_;
  };

  // What is added to the attention scores, [N, 1, S, S].
  at::Tensor ScoreMask(const at::Tensor& attention_mask, at::ScalarType dtype) const;

  PriorConfig config_;
  model::TimestepEmbedding time_embedding_;
  model::Linear proj_in_;
  model::Linear embedding_proj_;
  model::Linear encoder_hidden_states_proj_;
  at::Tensor positional_embedding_;  // [1, S, W]
  at::Tensor prd_embedding_;         // [1, 1, W]
  std::vector<Block> transformer_blocks_;
  model::LayerNorm norm_out_;
  model::Linear proj_to_clip_embeddings_;
  at::Tensor clip_mean_;    // [1, D]
  at::Tensor clip_std_;     // [1, D]
  at::Tensor causal_mask_;  // [S, S]
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_
