// For tests: a small autoregressive prior of random weights, and texts for it.
#ifndef UNCLIP_SERVICES_PRIOR_RANDOM_AUTOREGRESSIVE_H_
#define UNCLIP_SERVICES_PRIOR_RANDOM_AUTOREGRESSIVE_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include <string>
#include <vector>

#include "model/nn/parameter_source.h"
#include "services/prior/autoregressive_transformer.h"

namespace unclip::prior {

inline AutoregressiveConfig TinyAutoregressiveConfig() {
  return {.num_attention_heads = 2,
          .attention_head_dim = 8,
          .num_layers = 2,
          .embedding_dim = 12,
          .num_embeddings = 7,
          .num_components = 5,
          .num_buckets = 6,
          .num_dot_product_buckets = 4};
}

// The same values each time, without gradients, as a loaded checkpoint gives them.
class RandomSource final : public model::ParameterSource {
 public:
  at::Tensor Get(const std::string& /*name*/, const std::vector<int64_t>& shape) override {
    return at::randn(shape, random_, at::kFloat) * 0.5;
  }
  bool Has(const std::string& /*name*/) const override { return true; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  at::Generator random_ = at::make_generator<at::CPUGeneratorImpl>(7);
};

inline AutoregressiveTransformer RandomAutoregressive() {
  RandomSource source;
  return AutoregressiveTransformer(TinyAutoregressiveConfig(), source);
}

// `count` texts, of which the first has 3 tokens, the others all.
struct RandomTexts {
  explicit RandomTexts(int64_t count, uint64_t seed = 1) {
    const AutoregressiveConfig config = TinyAutoregressiveConfig();
    at::Generator random = at::make_generator<at::CPUGeneratorImpl>(seed);
    embeddings = at::randn({count, config.embedding_dim}, random, at::kFloat);
    hidden_states = at::randn({count, config.num_embeddings, config.embedding_dim}, random, at::kFloat);
    mask = at::ones({count, config.num_embeddings});
    mask.select(0, 0).narrow(0, 3, config.num_embeddings - 3).zero_();
  }

  at::Tensor embeddings;     // [count, D]
  at::Tensor hidden_states;  // [count, T, D]
  at::Tensor mask;           // [count, T]
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_RANDOM_AUTOREGRESSIVE_H_
