// The prior's network: a causal transformer that predicts a CLIP image embedding from a noised one and a prompt.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "model/nn/timestep_embedding.h"
#include "services/prior/prior_block.h"
#include "services/prior/prior_config.h"

namespace unclip::prior {

// Source: unCLIP (2204.06125) §2.2; reference models/transformers/prior_transformer.py, PriorTransformer.
//
// The sequence is [text hidden states (T), text embedding, time, noised image embedding, query]; a token sees those before it and
// no padding; the answer is read at the query. So all that comes before the time is the same at every step and for every
// candidate: it is read once, and a step computes the last three tokens, where the reference computes all S. Inputs may be on
// another device than the weights. Letters: N batch, R
// rows of one run, T text tokens, D embedding width, W inner width, S = T + 4 tokens. All methods are const and thread-safe, as
// long as no two use one Prefix.
class PriorTransformer {
 public:
  PriorTransformer(const PriorConfig& config, model::ParameterSource& source);

  // What does not change over the steps of a run of R rows: the keys and values, in every block, of the tokens before the time,
  // with room for those of the rest; and who may look where.
  struct Prefix {
    std::vector<at::Tensor> keys_and_values;  // for each block, [R, S, 2 W]; the last three tokens' are written at each step
    at::Tensor mask;                          // [R, 1, 3, S], added to the scores of the last three tokens
  };

  // Some rows of a batch, which belong to one run.
  struct RowsOfRun {
    Prefix* prefix;  // of these rows; its last tokens are overwritten
    int64_t count;   // R
  };

  // Runs the tokens before the time through the blocks, and gives each text `copies` neighbouring rows: R = texts × copies.
  // text_embedding [texts, D]; hidden_states [texts, T, D]; attention_mask [texts, T], 1 for tokens and 0 for padding.
  Prefix ReadText(const at::Tensor& text_embedding, const at::Tensor& hidden_states, const at::Tensor& attention_mask,
                  int64_t copies = 1) const;

  // The last `count` rows of a prefix, in the same memory.
  static Prefix LastRows(const Prefix& prefix, int64_t count);

  // The time's token for each of M timesteps [M]: [M, W].
  at::Tensor EmbedTime(const at::Tensor& timesteps) const;

  // One step of several runs: x [N, D] noised image embeddings, time [N, W] of EmbedTime(), and the runs that the rows belong to,
  // in order. Returns the predicted image embeddings [N, D] float32. A run's rows never meet another's.
  at::Tensor Predict(const at::Tensor& x, const at::Tensor& time, const std::vector<RowsOfRun>& runs) const;

  // All three at once, for a single step: x [N, D], timesteps [N], and the rest of N rows.
  at::Tensor PredictOnce(const at::Tensor& x, const at::Tensor& timesteps, const at::Tensor& text_embedding,
                         const at::Tensor& hidden_states, const at::Tensor& attention_mask) const;

  // Undoes the normalization of the embeddings that the prior was trained on: x × clip_std + clip_mean. [N, D] -> [N, D].
  at::Tensor Denormalize(const at::Tensor& x) const;

  const PriorConfig& config() const { return config_; }
  at::Device device() const { return prd_embedding_.device(); }

 private:
  // The type and the device of the weights.
  at::TensorOptions options() const { return prd_embedding_.options(); }

  // What is added to the attention scores, [N, 1, S, S].
  at::Tensor ScoreMask(const at::Tensor& attention_mask) const;

  PriorConfig config_;
  model::TimestepEmbedding time_embedding_;
  model::Linear proj_in_;
  model::Linear embedding_proj_;
  model::Linear encoder_hidden_states_proj_;
  at::Tensor positional_embedding_;  // [1, S, W]
  at::Tensor prd_embedding_;         // [1, 1, W]
  std::vector<PriorBlock> transformer_blocks_;
  model::LayerNorm norm_out_;
  model::Linear proj_to_clip_embeddings_;
  at::Tensor clip_mean_;    // [1, D]
  at::Tensor clip_std_;     // [1, D]
  at::Tensor causal_mask_;  // [S, S]
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_TRANSFORMER_H_
