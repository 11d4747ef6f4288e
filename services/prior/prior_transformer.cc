#include "services/prior/prior_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::prior {

namespace {

constexpr int64_t kStepTokens = 3;  // the time, the noised image embedding, the query

}  // namespace

PriorTransformer::PriorTransformer(const PriorConfig& config, model::ParameterSource& source)
    : config_(config),
      time_embedding_(source, "time_embedding", {.dim = config.inner_dim()}, config.inner_dim()),
      proj_in_(source, "proj_in", config.embedding_dim, config.inner_dim()),
      embedding_proj_(source, "embedding_proj", config.embedding_dim, config.inner_dim()),
      encoder_hidden_states_proj_(source, "encoder_hidden_states_proj", config.embedding_dim, config.inner_dim()),
      positional_embedding_(source.Get("positional_embedding", {1, config.token_count(), config.inner_dim()})),
      prd_embedding_(source.Get("prd_embedding", {1, 1, config.inner_dim()})) {
  for (int i = 0; i < config.num_layers && source.status().ok(); ++i) {
    transformer_blocks_.emplace_back(config.inner_dim(), config.num_attention_heads, source,
                                     absl::StrCat("transformer_blocks.", i));
  }
  norm_out_ = model::LayerNorm(source, "norm_out", config.inner_dim());
  proj_to_clip_embeddings_ = model::Linear(source, "proj_to_clip_embeddings", config.inner_dim(), config.embedding_dim);
  clip_mean_ = source.Get("clip_mean", {1, config.embedding_dim});
  clip_std_ = source.Get("clip_std", {1, config.embedding_dim});
  if (prd_embedding_.defined())
    causal_mask_ = model::CausalMask(config.token_count(), model::kMaskedScore, options().dtype(at::kFloat));
}

at::Tensor PriorTransformer::ScoreMask(const at::Tensor& attention_mask) const {
  const at::Tensor padding = (1 - attention_mask.to(options())) * model::kMaskedScore;     // [N, T]
  const at::Tensor padded = at::constant_pad_nd(padding, {0, PriorConfig::kAddedTokens});  // [N, S]
  return (padded.unsqueeze(1) + causal_mask_).to(options()).unsqueeze(1);                  // [N, 1, S, S]
}

PriorTransformer::Prefix PriorTransformer::LastRows(const Prefix& prefix, int64_t count) {
  Prefix last = {.keys_and_values = {}, .mask = prefix.mask.narrow(0, prefix.mask.size(0) - count, count)};  // [count, 1, 3, S]
  for (const at::Tensor& layer : prefix.keys_and_values) {
    last.keys_and_values.push_back(layer.narrow(0, layer.size(0) - count, count));  // [count, S, 2 W]
  }
  return last;
}

PriorTransformer::Prefix PriorTransformer::ReadText(const at::Tensor& text_embedding, const at::Tensor& hidden_states,
                                                    const at::Tensor& attention_mask, int64_t copies) const {
  TORCH_CHECK(hidden_states.size(1) == config_.num_embeddings && attention_mask.size(1) == config_.num_embeddings,
              "the prior reads ", config_.num_embeddings, " text tokens, not ", hidden_states.size(1));
  const int64_t texts = text_embedding.size(0), tokens = config_.token_count(), before = tokens - kStepTokens;
  at::Tensor h = at::cat({encoder_hidden_states_proj_(hidden_states.to(options())),     // [texts, T, W]
                          embedding_proj_(text_embedding.to(options())).unsqueeze(1)},  // [texts, 1, W]
                         1) +
                 positional_embedding_.narrow(1, 0, before);  // [texts, T + 1, W]
  const at::Tensor mask = ScoreMask(attention_mask);          // [texts, 1, S, S]
  const at::Tensor mask_before = mask.narrow(2, 0, before).narrow(3, 0, before);
  Prefix prefix = {.keys_and_values = {}, .mask = mask.narrow(2, before, kStepTokens).repeat_interleave(copies, 0)};
  for (const PriorBlock& block : transformer_blocks_) {
    at::Tensor keys_and_values = at::empty({texts, tokens, 2 * config_.inner_dim()}, h.options());  // [texts, S, 2 W]
    h = block.Read(h, mask_before, &keys_and_values);
    prefix.keys_and_values.push_back(copies == 1 ? keys_and_values
                                                 : keys_and_values.repeat_interleave(copies, 0));  // [R, S, 2 W]
  }
  return prefix;
}

at::Tensor PriorTransformer::EmbedTime(const at::Tensor& timesteps) const { return time_embedding_(timesteps, options()); }

at::Tensor PriorTransformer::Predict(const at::Tensor& x, const at::Tensor& time, const std::vector<RowsOfRun>& runs) const {
  const int64_t n = x.size(0);
  at::Tensor h = at::stack({time, proj_in_(x.to(options())), prd_embedding_.select(1, 0).expand({n, -1})}, 1) +
                 positional_embedding_.narrow(1, config_.token_count() - kStepTokens, kStepTokens);  // [N, 3, W]
  for (size_t i = 0; i < transformer_blocks_.size(); ++i) {
    std::vector<PriorBlock::Rows> rows;
    rows.reserve(runs.size());
    for (const RowsOfRun& run : runs)
      rows.push_back({.keys_and_values = run.prefix->keys_and_values[i], .mask = run.prefix->mask});
    h = transformer_blocks_[i].Step(h, rows);
  }
  return proj_to_clip_embeddings_(norm_out_(h.select(1, -1))).to(at::kFloat);  // [N, D]
}

at::Tensor PriorTransformer::PredictOnce(const at::Tensor& x, const at::Tensor& timesteps, const at::Tensor& text_embedding,
                                         const at::Tensor& hidden_states, const at::Tensor& attention_mask) const {
  Prefix prefix = ReadText(text_embedding, hidden_states, attention_mask);
  return Predict(x, EmbedTime(timesteps), {{.prefix = &prefix, .count = x.size(0)}});
}

at::Tensor PriorTransformer::Denormalize(const at::Tensor& x) const { return x * clip_std_ + clip_mean_; }

}  // namespace unclip::prior
