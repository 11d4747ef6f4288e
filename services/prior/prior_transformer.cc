#include "services/prior/prior_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/gelu.h>

#include "absl/strings/str_cat.h"
#include "model/nn/attention.h"

namespace unclip::prior {

PriorTransformer::Block::Block(const PriorConfig& config, model::ParameterSource& source, const std::string& prefix)
    : head_count_(config.num_attention_heads),
      norm1_(source, prefix + ".norm1", config.inner_dim()),
      to_q_(source, prefix + ".attn1.to_q", config.inner_dim(), config.inner_dim()),
      to_k_(source, prefix + ".attn1.to_k", config.inner_dim(), config.inner_dim()),
      to_v_(source, prefix + ".attn1.to_v", config.inner_dim(), config.inner_dim()),
      to_out_(source, prefix + ".attn1.to_out.0", config.inner_dim(), config.inner_dim()),
      norm3_(source, prefix + ".norm3", config.inner_dim()),
      ff_in_(source, prefix + ".ff.net.0.proj", config.inner_dim(), 4 * config.inner_dim()),
      ff_out_(source, prefix + ".ff.net.2", 4 * config.inner_dim(), config.inner_dim()) {}

at::Tensor PriorTransformer::Block::operator()(const at::Tensor& x, const at::Tensor& mask) const {
  const at::Tensor h = norm1_(x);                                 // [N, S, W]
  const at::Tensor q = model::SplitHeads(to_q_(h), head_count_);  // [N, heads, S, d]
  const at::Tensor k = model::SplitHeads(to_k_(h), head_count_);
  const at::Tensor v = model::SplitHeads(to_v_(h), head_count_);
  const at::Tensor attended = to_out_(model::MergeHeads(model::Attend(q, k, v, mask))) + x;  // [N, S, W]
  return ff_out_(at::gelu(ff_in_(norm3_(attended)))) + attended;                             // [N, S, W]
}

PriorTransformer::PriorTransformer(const PriorConfig& config, model::ParameterSource& source)
    : config_(config),
      time_embedding_(source, "time_embedding", {.dim = config.inner_dim()}, config.inner_dim()),
      proj_in_(source, "proj_in", config.embedding_dim, config.inner_dim()),
      embedding_proj_(source, "embedding_proj", config.embedding_dim, config.inner_dim()),
      encoder_hidden_states_proj_(source, "encoder_hidden_states_proj", config.embedding_dim, config.inner_dim()),
      positional_embedding_(source.Get("positional_embedding", {1, config.token_count(), config.inner_dim()})),
      prd_embedding_(source.Get("prd_embedding", {1, 1, config.inner_dim()})) {
  for (int i = 0; i < config.num_layers && source.status().ok(); ++i) {
    transformer_blocks_.emplace_back(config, source, absl::StrCat("transformer_blocks.", i));
  }
  norm_out_ = model::LayerNorm(source, "norm_out", config.inner_dim());
  proj_to_clip_embeddings_ = model::Linear(source, "proj_to_clip_embeddings", config.inner_dim(), config.embedding_dim);
  clip_mean_ = source.Get("clip_mean", {1, config.embedding_dim});
  clip_std_ = source.Get("clip_std", {1, config.embedding_dim});
  if (prd_embedding_.defined()) causal_mask_ = model::CausalMask(config.token_count(), model::kMaskedScore, at::kFloat);
}

at::Tensor PriorTransformer::ScoreMask(const at::Tensor& attention_mask, at::ScalarType dtype) const {
  const at::Tensor padding = (1 - attention_mask.to(dtype)) * model::kMaskedScore;         // [N, T]
  const at::Tensor padded = at::constant_pad_nd(padding, {0, PriorConfig::kAddedTokens});  // [N, S]
  return (padded.unsqueeze(1) + causal_mask_).to(dtype).unsqueeze(1);                      // [N, 1, S, S]
}

at::Tensor PriorTransformer::Forward(const at::Tensor& x, const at::Tensor& timesteps, const at::Tensor& text_embedding,
                                     const at::Tensor& hidden_states, const at::Tensor& attention_mask) const {
  const int64_t n = x.size(0);
  const at::ScalarType type = dtype();
  TORCH_CHECK(hidden_states.size(1) == config_.num_embeddings && attention_mask.size(1) == config_.num_embeddings,
              "the prior reads ", config_.num_embeddings, " text tokens, not ", hidden_states.size(1));
  at::Tensor h = at::cat({encoder_hidden_states_proj_(hidden_states.to(type)),    // [N, T, W]
                          embedding_proj_(text_embedding.to(type)).unsqueeze(1),  // [N, 1, W]
                          time_embedding_(timesteps, type).unsqueeze(1),          // [N, 1, W]
                          proj_in_(x.to(type)).unsqueeze(1),                      // [N, 1, W]
                          prd_embedding_.expand({n, -1, -1})},                    // [N, 1, W]
                         1) +
                 positional_embedding_;  // [N, S, W]
  const at::Tensor mask = ScoreMask(attention_mask, type);
  for (const Block& block : transformer_blocks_) h = block(h, mask);
  return proj_to_clip_embeddings_(norm_out_(h).select(1, -1));  // [N, D]
}

at::Tensor PriorTransformer::Denormalize(const at::Tensor& x) const { return x * clip_std_ + clip_mean_; }

}  // namespace unclip::prior
