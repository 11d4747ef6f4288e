// The network of the autoregressive prior: a causal transformer that predicts the codes of a CLIP image embedding one by one.
#ifndef UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_TRANSFORMER_H_
#define UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_TRANSFORMER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"
#include "services/prior/autoregressive_config.h"
#include "services/prior/embedding_codes.h"
#include "services/prior/prior_block.h"

namespace unclip::prior {

// Source: unCLIP (2204.06125) §2.2.
//
// The sequence is [text hidden states (T), text embedding, dot product, code 1 .. code K - 1]; a token sees those before it and
// no padding. From the dot product on, each token's answer is the next code's distribution, so the dot product is what the first
// code is read at. In sampling, what a token's keys and values are is kept, and a step computes one token. Inputs may be on
// another device than the weights. Letters: N batch, R rows of one run, T text tokens, D embedding width, W inner width, K codes,
// B buckets, S = T + K + 1 tokens. All methods are const and thread-safe, as long as no two use one Prefix.
class AutoregressiveTransformer {
 public:
  AutoregressiveTransformer(const AutoregressiveConfig& config, model::ParameterSource& source);

  // What is known of a run of R rows: the keys and values, in every block, of the tokens so far, with room for the rest; and
  // which tokens are padding.
  struct Prefix {
    std::vector<at::Tensor> keys_and_values;  // for each block, [R, S, 2 W]
    at::Tensor mask;                          // [R, 1, 1, S], added to the scores
  };

  // Some rows of a batch, which belong to one run.
  struct RowsOfRun {
    Prefix* prefix;     // of these rows; the token's keys and values are added
    int64_t step;       // how many codes are known, 0 to K - 1
    at::Tensor tokens;  // [R] int64: the dot products' buckets at step 0, then the last codes
  };

  // Runs the text through the blocks, and gives each text `copies` neighbouring rows: R = texts × copies. text_embedding [texts,
  // D]; hidden_states [texts, T, D]; attention_mask [texts, T], 1 for tokens and 0 for padding.
  Prefix ReadText(const at::Tensor& text_embedding, const at::Tensor& hidden_states, const at::Tensor& attention_mask,
                  int64_t copies = 1) const;

  // The last `count` rows of a prefix, in the same memory.
  static Prefix LastRows(const Prefix& prefix, int64_t count);

  // One step of several runs, whose steps may differ: what the next code of each row may be, as unnormalized logarithms of
  // probabilities [all rows, B] float32. A run's rows never meet another's.
  at::Tensor Predict(const std::vector<RowsOfRun>& runs) const;

  // All steps of one batch at once, for training: dot_products [N], codes [N, K], both int64, and the rest of N rows. Returns [N,
  // K, B] float32, what each code may be after those before it. The last code is not read.
  at::Tensor PredictAll(const at::Tensor& dot_products, const at::Tensor& codes, const at::Tensor& text_embedding,
                        const at::Tensor& hidden_states, const at::Tensor& attention_mask) const;

  // The bucket of a dot product that is not known.
  int64_t unknown_dot_product() const { return config_.num_dot_product_buckets; }

  const AutoregressiveConfig& config() const { return config_; }
  const EmbeddingCodes& codes() const { return codes_; }
  at::Device device() const { return positional_embedding_.device(); }

 private:
  // The type and the device of the weights.
  at::TensorOptions options() const { return positional_embedding_.options(); }

  // The text's tokens, before their positions are added: [texts, T + 1, W].
  at::Tensor EmbedText(const at::Tensor& text_embedding, const at::Tensor& hidden_states) const;

  // What is added to the scores because of padding, [N, 1, 1, S].
  at::Tensor PaddingMask(const at::Tensor& attention_mask) const;

  AutoregressiveConfig config_;
  EmbeddingCodes codes_;
  model::Linear embedding_proj_;
  model::Linear encoder_hidden_states_proj_;
  at::Tensor positional_embedding_;   // [1, S, W]
  at::Tensor dot_product_embedding_;  // [dot product buckets + 1, W], the last for what is not known
  at::Tensor code_embedding_;         // [B, W]
  std::vector<PriorBlock> transformer_blocks_;
  model::LayerNorm norm_out_;
  model::Linear to_logits_;
  at::Tensor causal_mask_;  // [S, S]
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_TRANSFORMER_H_
