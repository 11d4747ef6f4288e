#include "services/prior/autoregressive_config.h"

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::prior {

absl::StatusOr<AutoregressiveConfig> ReadAutoregressiveConfig(const std::string& component_dir) {
  constexpr int kMaxDim = 1 << 16;
  constexpr int kMaxComponents = 4096;
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(component_dir + "/config.json"));
  reader.ExpectClass(AutoregressiveConfig::kClassName);
  AutoregressiveConfig config;
  config.num_attention_heads = reader.Int("num_attention_heads", 1, 1024);
  config.attention_head_dim = reader.Int("attention_head_dim", 1, 4096);
  config.num_layers = reader.Int("num_layers", 1, 1000);
  config.embedding_dim = reader.Int("embedding_dim", 1, kMaxDim);
  config.num_embeddings = reader.Int("num_embeddings", 1, kMaxDim);
  config.num_components = reader.Int("num_components", 1, kMaxComponents);
  config.num_buckets = reader.Int("num_buckets", 2, kMaxDim);
  config.num_dot_product_buckets = reader.Int("num_dot_product_buckets", 2, kMaxDim);
  reader.Check(config.inner_dim() <= kMaxDim, "attention_head_dim", "times num_attention_heads must be at most 65536");
  reader.Check(config.num_components <= config.embedding_dim, "num_components", "must be at most embedding_dim");
  reader.Check(config.num_dot_product_buckets % 2 == 0, "num_dot_product_buckets",
               "must be even, as its upper half is drawn from");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace unclip::prior
