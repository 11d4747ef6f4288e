// The sizes of the autoregressive prior, from its config file.
#ifndef UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_CONFIG_H_
#define UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace unclip::prior {

// All options must be given. The paper's own are 319 components of 1024 buckets for embeddings of 1024.
struct AutoregressiveConfig {
  // The class that the config file names; no class of the reference's.
  static constexpr char kClassName[] = "UnclipAutoregressivePrior";
  // The folder of a text-to-image checkpoint that holds it. model_index.json does not list it, as the reference could not load
  // it.
  static constexpr char kComponent[] = "prior_autoregressive";

  int num_attention_heads = 0;
  int attention_head_dim = 0;
  int num_layers = 0;
  int embedding_dim = 0;            // D
  int num_embeddings = 0;           // T, text tokens
  int num_components = 0;           // K, principal components, each of which becomes a code; at most D
  int num_buckets = 0;              // B, values that a code can have
  int num_dot_product_buckets = 0;  // values that the token of the dot product can have, besides "not known"; even

  int64_t inner_dim() const { return int64_t{num_attention_heads} * attention_head_dim; }  // W
  // What comes before the codes: the text's tokens, its embedding, the dot product.
  int64_t prefix_token_count() const { return int64_t{num_embeddings} + 2; }
  // S; the last code is predicted, but never read.
  int64_t token_count() const { return prefix_token_count() + num_components - 1; }
};

// Reads COMPONENT_DIR/config.json. INVALID_ARGUMENT naming file and option when it asks for what is not implemented.
absl::StatusOr<AutoregressiveConfig> ReadAutoregressiveConfig(const std::string& component_dir);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_CONFIG_H_
