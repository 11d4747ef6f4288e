#include "services/clip/clip_config.h"

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::clip {
namespace {

using model::ConfigReader;

constexpr int kMaxDim = 1 << 16;

struct EncoderDefaults {
  int hidden_size;
  int intermediate_size;
  int num_attention_heads;
};

ClipEncoderConfig ReadEncoder(ConfigReader& reader, const EncoderDefaults& defaults) {
  ClipEncoderConfig config;
  config.hidden_size = reader.Int("hidden_size", 1, kMaxDim, defaults.hidden_size);
  config.intermediate_size = reader.Int("intermediate_size", 1, int64_t{4} * kMaxDim, defaults.intermediate_size);
  config.num_hidden_layers = reader.Int("num_hidden_layers", 1, 1000, 12);
  config.num_attention_heads = reader.Int("num_attention_heads", 1, 1024, defaults.num_attention_heads);
  config.hidden_act = reader.Choice("hidden_act", {"gelu", "quick_gelu", "silu", "swish"}, "quick_gelu");
  config.layer_norm_eps = reader.Double("layer_norm_eps", 1e-12, 1.0, 1e-5);
  reader.Check(config.hidden_size % config.num_attention_heads == 0, "num_attention_heads", "must divide hidden_size");
  // Training, book-keeping, and the type that the file's author saved in, which is read off the tensors.
  for (const char* key : {"architectures", "attention_dropout", "dropout", "dtype", "torch_dtype", "initializer_factor",
                          "initializer_range", "gradient_checkpointing", "transformers_version"}) {
    reader.Ignore(key);
  }
  return config;
}

}  // namespace

absl::StatusOr<ClipTextConfig> ReadClipTextConfig(const std::string& component_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(component_dir + "/config.json"));
  ClipTextConfig config;
  config.encoder = ReadEncoder(reader, {.hidden_size = 512, .intermediate_size = 2048, .num_attention_heads = 8});
  config.projection_dim = reader.Int("projection_dim", 1, kMaxDim, 512);
  config.vocab_size = reader.Int("vocab_size", 1, 1 << 24, 49408);
  config.max_position_embeddings = reader.Int("max_position_embeddings", 2, kMaxDim, 77);
  config.eos_token_id = reader.Int("eos_token_id", 0, 1 << 24, 49407);
  reader.Expect("model_type", {"clip_text_model"}, "clip_text_model");
  reader.Ignore("bos_token_id");  // the tokenizer's files decide
  reader.Ignore("pad_token_id");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

absl::StatusOr<ClipVisionConfig> ReadClipVisionConfig(const std::string& component_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(component_dir + "/config.json"));
  ClipVisionConfig config;
  config.encoder = ReadEncoder(reader, {.hidden_size = 768, .intermediate_size = 3072, .num_attention_heads = 12});
  config.projection_dim = reader.Int("projection_dim", 1, kMaxDim, 512);
  config.image_size = reader.Int("image_size", 1, 4096, 224);
  config.patch_size = reader.Int("patch_size", 1, 4096, 32);
  config.num_channels = reader.Int("num_channels", 3, 3, 3);
  reader.Check(config.patch_size <= config.image_size, "patch_size", "must be at most image_size");
  reader.Expect("model_type", {"clip_vision_model"}, "clip_vision_model");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace unclip::clip
