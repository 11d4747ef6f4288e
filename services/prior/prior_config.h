// The sizes of the prior, from its config file.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_CONFIG_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace unclip::prior {

// Names and defaults: reference models/transformers/prior_transformer.py, PriorTransformer.
struct PriorConfig {
  // The tokens after the text: text embedding, time, noised image embedding, query.
  static constexpr int kAddedTokens = 4;

  int num_attention_heads = 0;
  int attention_head_dim = 0;
  int num_layers = 0;
  int embedding_dim = 0;   // D
  int num_embeddings = 0;  // T, text tokens

  int64_t inner_dim() const { return int64_t{num_attention_heads} * attention_head_dim; }  // W
  int64_t token_count() const { return num_embeddings + kAddedTokens; }                    // S
};

// Reads COMPONENT_DIR/config.json. INVALID_ARGUMENT naming file and option when it asks for what is not implemented.
absl::StatusOr<PriorConfig> ReadPriorConfig(const std::string& component_dir);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_CONFIG_H_
