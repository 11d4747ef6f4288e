#include "services/prior/autoregressive_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::prior {

AutoregressiveTransformer::AutoregressiveTransformer(const AutoregressiveConfig& config, model::ParameterSource& source)
    : config_(config),
      codes_(config, source),
      embedding_proj_(source, "embedding_proj", config.embedding_dim, config.inner_dim()),
      encoder_hidden_states_proj_(source, "encoder_hidden_states_proj", config.embedding_dim, config.inner_dim()),
      positional_embedding_(source.Get("positional_embedding", {1, config.token_count(), config.inner_dim()})),
      dot_product_embedding_(
          source.Get("dot_product_embedding.weight", {config.num_dot_product_buckets + 1, config.inner_dim()})),
      code_embedding_(source.Get("code_embedding.weight", {config.num_buckets, config.inner_dim()})) {
  for (int i = 0; i < config.num_layers && source.status().ok(); ++i) {
    transformer_blocks_.emplace_back(config.inner_dim(), config.num_attention_heads, source,
                                     absl::StrCat("transformer_blocks.", i));
  }
  norm_out_ = model::LayerNorm(source, "norm_out", config.inner_dim());
  to_logits_ = model::Linear(source, "to_logits", config.inner_dim(), config.num_buckets);
  if (positional_embedding_.defined())
    causal_mask_ = model::CausalMask(config.token_count(), model::kMaskedScore, options().dtype(at::kFloat));
}

at::Tensor AutoregressiveTransformer::EmbedText(const at::Tensor& text_embedding, const at::Tensor& hidden_states) const {
  TORCH_CHECK(hidden_states.size(1) == config_.num_embeddings, "the prior reads ", config_.num_embeddings, " text tokens, not ",
              hidden_states.size(1));
  return at::cat({encoder_hidden_states_proj_(hidden_states.to(options())),     // [texts, T, W]
                  embedding_proj_(text_embedding.to(options())).unsqueeze(1)},  // [texts, 1, W]
                 1);                                                            // [texts, T + 1, W]
}

at::Tensor AutoregressiveTransformer::PaddingMask(const at::Tensor& attention_mask) const {
  const at::Tensor padding = (1 - attention_mask.to(options())) * model::kMaskedScore;  // [N, T]
  return at::constant_pad_nd(padding, {0, config_.token_count() - config_.num_embeddings}).unsqueeze(1).unsqueeze(1);
}

AutoregressiveTransformer::Prefix AutoregressiveTransformer::ReadText(const at::Tensor& text_embedding,
                                                                      const at::Tensor& hidden_states,
                                                                      const at::Tensor& attention_mask, int64_t copies) const {
  const int64_t texts = text_embedding.size(0), tokens = config_.token_count(), before = config_.prefix_token_count() - 1;
  at::Tensor h = EmbedText(text_embedding, hidden_states) + positional_embedding_.narrow(1, 0, before);  // [texts, T + 1, W]
  const at::Tensor padding = PaddingMask(attention_mask);                                                // [texts, 1, 1, S]
  const at::Tensor causal = causal_mask_.narrow(0, 0, before).narrow(1, 0, before);                      // [T + 1, T + 1]
  const at::Tensor mask = (padding.narrow(3, 0, before) + causal).to(options());  // [texts, 1, T + 1, T + 1]
  Prefix prefix = {.keys_and_values = {}, .mask = padding.repeat_interleave(copies, 0)};
  for (const PriorBlock& block : transformer_blocks_) {
    at::Tensor keys_and_values = at::empty({texts, tokens, 2 * config_.inner_dim()}, h.options());  // [texts, S, 2 W]
    h = block.Read(h, mask, &keys_and_values);
    prefix.keys_and_values.push_back(copies == 1 ? keys_and_values
                                                 : keys_and_values.repeat_interleave(copies, 0));  // [R, S, 2 W]
  }
  return prefix;
}

AutoregressiveTransformer::Prefix AutoregressiveTransformer::LastRows(const Prefix& prefix, int64_t count) {
  Prefix last = {.keys_and_values = {}, .mask = prefix.mask.narrow(0, prefix.mask.size(0) - count, count)};  // [count, 1, 1, S]
  for (const at::Tensor& layer : prefix.keys_and_values) {
    last.keys_and_values.push_back(layer.narrow(0, layer.size(0) - count, count));  // [count, S, 2 W]
  }
  return last;
}

at::Tensor AutoregressiveTransformer::Predict(const std::vector<RowsOfRun>& runs) const {
  std::vector<at::Tensor> tokens;
  tokens.reserve(runs.size());
  for (const RowsOfRun& run : runs) {
    const at::Tensor& table = run.step == 0 ? dot_product_embedding_ : code_embedding_;
    const at::Tensor position = positional_embedding_.narrow(1, config_.prefix_token_count() - 1 + run.step, 1);  // [1, 1, W]
    tokens.push_back(at::embedding(table, run.tokens.to(device())).unsqueeze(1) + position);                      // [R, 1, W]
  }
  at::Tensor h = at::cat(tokens);  // [N, 1, W]
  for (size_t i = 0; i < transformer_blocks_.size(); ++i) {
    std::vector<PriorBlock::Rows> rows;
    rows.reserve(runs.size());
    for (const RowsOfRun& run : runs) {
      const int64_t seen = config_.prefix_token_count() + run.step;  // with itself
      rows.push_back(
          {.keys_and_values = run.prefix->keys_and_values[i].narrow(1, 0, seen), .mask = run.prefix->mask.narrow(3, 0, seen)});
    }
    h = transformer_blocks_[i].Step(h, rows);
  }
  return to_logits_(norm_out_(h.squeeze(1))).to(at::kFloat);  // [N, B]
}

at::Tensor AutoregressiveTransformer::PredictAll(const at::Tensor& dot_products, const at::Tensor& codes,
                                                 const at::Tensor& text_embedding, const at::Tensor& hidden_states,
                                                 const at::Tensor& attention_mask) const {
  const int64_t known = config_.num_components - 1;
  at::Tensor h = at::cat({EmbedText(text_embedding, hidden_states),                          // [N, T + 1, W]
                          at::embedding(dot_product_embedding_, dot_products).unsqueeze(1),  // [N, 1, W]
                          at::embedding(code_embedding_, codes.narrow(1, 0, known))},        // [N, K - 1, W]
                         1) +
                 positional_embedding_;                                                      // [N, S, W]
  const at::Tensor mask = (PaddingMask(attention_mask) + causal_mask_).to(h.scalar_type());  // [N, 1, S, S]
  for (const PriorBlock& block : transformer_blocks_) h = block.Read(h, mask, /*keys_and_values=*/nullptr);
  const at::Tensor last = h.narrow(1, config_.prefix_token_count() - 1, config_.num_components);  // [N, K, W]
  return to_logits_(norm_out_(last)).to(at::kFloat);                                              // [N, K, B]
}

}  // namespace unclip::prior
