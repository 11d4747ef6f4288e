#include "services/prior/prior_config.h"

#include <optional>

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::prior {

absl::StatusOr<PriorConfig> ReadPriorConfig(const std::string& component_dir) {
  constexpr int kMaxDim = 1 << 16;
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(component_dir + "/config.json"));
  reader.ExpectClass("PriorTransformer");
  PriorConfig config;
  config.num_attention_heads = reader.Int("num_attention_heads", 1, 1024, 32);
  config.attention_head_dim = reader.Int("attention_head_dim", 1, 4096, 64);
  config.num_layers = reader.Int("num_layers", 1, 1000, 20);
  config.embedding_dim = reader.Int("embedding_dim", 1, kMaxDim, 768);
  config.num_embeddings = reader.Int("num_embeddings", 1, kMaxDim, 77);
  reader.Check(config.inner_dim() % 2 == 0 && config.inner_dim() <= kMaxDim, "attention_head_dim",
               "times num_attention_heads must be even and at most 65536");
  reader.Expect("additional_embeddings", {PriorConfig::kAddedTokens}, PriorConfig::kAddedTokens);
  reader.Expect("time_embed_act_fn", {"silu"}, "silu");
  reader.Expect("norm_in_type", {nullptr}, nullptr);
  reader.Expect("embedding_proj_norm_type", {nullptr}, nullptr);
  reader.Expect("encoder_hid_proj_type", {"linear"}, "linear");
  reader.Expect("added_emb_type", {"prd"}, "prd");
  const std::optional<int64_t> time_embed_dim = reader.OptionalInt("time_embed_dim", 1, kMaxDim);
  reader.Check(!time_embed_dim || *time_embed_dim == config.inner_dim(), "time_embed_dim",
               "must be null or num_attention_heads × attention_head_dim");
  for (const char* key : {"embedding_proj_dim", "clip_embed_dim"}) {
    const std::optional<int64_t> dim = reader.OptionalInt(key, 1, kMaxDim);
    reader.Check(!dim || *dim == config.embedding_dim, key, "must be null or embedding_dim");
  }
  reader.Ignore("dropout");  // training only
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace unclip::prior
