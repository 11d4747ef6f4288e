#include "services/decoder/unet_config.h"

#include <algorithm>
#include <optional>

#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::decoder {
namespace {

using model::ConfigReader;

constexpr int kMaxChannels = 1 << 16;

// Whether each of the blocks under `key` is `with_attention` (else it must be `without`).
std::vector<bool> ReadBlockTypes(ConfigReader& reader, const std::string& key, absl::string_view with_attention,
                                 absl::string_view without, int level_count) {
  std::vector<bool> has_attention;
  for (const std::string& type : reader.StringList(key)) {
    const bool has = !with_attention.empty() && type == with_attention;
    reader.Check(has || type == without, key, "has a block type that is not implemented; see docs/checkpoints.md");
    has_attention.push_back(has);
  }
  reader.Check(static_cast<int>(has_attention.size()) == level_count, key, "must be as long as block_out_channels");
  return has_attention;
}

// Options that both classes have.
void ReadCommon(ConfigReader& reader, int default_layers, UnetConfig& config) {
  config.sample_size = reader.Int("sample_size", 1, 4096);
  config.in_channels = reader.Int("in_channels", 1, 64);
  config.out_channels = reader.Int("out_channels", 1, 64);
  config.layers_per_block = reader.Int("layers_per_block", 1, 100, default_layers);
  for (int64_t channels : reader.IntList("block_out_channels", 1, kMaxChannels)) {
    config.block_out_channels.push_back(static_cast<int>(channels));
  }
  config.norm_num_groups = reader.Int("norm_num_groups", 1, kMaxChannels, 32);
  config.norm_eps = reader.Double("norm_eps", 1e-12, 1.0, 1e-5);
  config.flip_sin_to_cos = reader.Bool("flip_sin_to_cos", true);
  config.freq_shift = reader.Double("freq_shift", 0, 1, 0);
  config.scale_shift = reader.Choice("resnet_time_scale_shift", {"default", "scale_shift"}, "default") == "scale_shift";
  reader.Expect("act_fn", {"silu", "swish"}, "silu");
  reader.Expect("center_input_sample", {false}, false);
  reader.Expect("time_embedding_type", {"positional"}, "positional");
  reader.Expect("mid_block_scale_factor", {1, 1.0}, 1);
  reader.Ignore("dropout");                       // training only
  reader.Ignore("downsample_padding");            // of blocks that unCLIP does not use
  if (config.block_out_channels.empty()) return;  // an error was recorded
  const int first_channels = config.block_out_channels[0];
  config.time_embedding_dim =
      static_cast<int>(reader.OptionalInt("time_embedding_dim", 1, 1 << 20).value_or(4L * first_channels));
  reader.Check(first_channels % 2 == 0, "block_out_channels", "must start with an even number");
  for (int channels : config.block_out_channels) {
    reader.Check(channels % config.norm_num_groups == 0, "block_out_channels", "must all be multiples of norm_num_groups");
  }
  reader.Check(config.level_count() <= 12 && config.sample_size % (1 << std::min(config.level_count() - 1, 12)) == 0,
               "sample_size", "must be divisible by 2 for each level but the last");
}

}  // namespace

absl::StatusOr<UnetConfig> ReadBaseUnetConfig(const std::string& component_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(component_dir + "/config.json"));
  reader.ExpectClass("UNet2DConditionModel");
  UnetConfig config;
  ReadCommon(reader, /*default_layers=*/2, config);
  config.down_has_attention =
      ReadBlockTypes(reader, "down_block_types", "SimpleCrossAttnDownBlock2D", "ResnetDownsampleBlock2D", config.level_count());
  config.up_has_attention =
      ReadBlockTypes(reader, "up_block_types", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D", config.level_count());
  reader.Expect("mid_block_type", {"UNetMidBlock2DSimpleCrossAttn"}, "UNetMidBlock2DCrossAttn");
  config.mid_has_attention = true;
  config.attention_head_dim = reader.Int("attention_head_dim", 1, kMaxChannels, 8);
  config.cross_attention_dim = reader.Int("cross_attention_dim", 1, kMaxChannels, 1280);
  reader.Expect("class_embed_type", {"identity"}, nullptr);
  config.has_class_labels = true;
  for (size_t i = 0; i < config.block_out_channels.size(); ++i) {
    const bool has_attention =
        i + 1 == config.block_out_channels.size() || (i < config.down_has_attention.size() && config.down_has_attention[i]) ||
        (i < config.up_has_attention.size() && config.up_has_attention[config.up_has_attention.size() - 1 - i]);
    reader.Check(!has_attention || config.block_out_channels[i] % config.attention_head_dim == 0, "attention_head_dim",
                 "must divide the channels of each level with attention");
  }
  reader.Expect("only_cross_attention", {false}, false);
  reader.Expect("resnet_out_scale_factor", {1, 1.0}, 1);
  reader.Expect("conv_in_kernel", {3}, 3);
  reader.Expect("conv_out_kernel", {3}, 3);
  // Of embeddings and blocks that unCLIP does not use: harmless at the values that switch them off.
  for (const char* key : {"encoder_hid_dim", "encoder_hid_dim_type", "addition_embed_type", "addition_time_embed_dim",
                          "num_class_embeds", "resnet_skip_time_act", "time_embedding_act_fn", "timestep_post_act",
                          "time_cond_proj_dim", "projection_class_embeddings_input_dim", "class_embeddings_concat",
                          "mid_block_only_cross_attention", "cross_attention_norm", "num_attention_heads"}) {
    reader.IgnoreWhenDisabled(key);
  }
  // Of other block types; the reference's unCLIP blocks do not read them.
  for (const char* key : {"transformer_layers_per_block", "reverse_transformer_layers_per_block", "dual_cross_attention",
                          "use_linear_projection", "upcast_attention", "attention_type", "addition_embed_type_num_heads"}) {
    reader.Ignore(key);
  }
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

absl::StatusOr<UnetConfig> ReadUpsamplerUnetConfig(const std::string& component_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(component_dir + "/config.json"));
  reader.ExpectClass("UNet2DModel");
  UnetConfig config;
  ReadCommon(reader, /*default_layers=*/2, config);
  config.down_has_attention = ReadBlockTypes(reader, "down_block_types", "", "ResnetDownsampleBlock2D", config.level_count());
  config.up_has_attention = ReadBlockTypes(reader, "up_block_types", "", "ResnetUpsampleBlock2D", config.level_count());
  reader.Expect("mid_block_type", {"UNetMidBlock2D"}, "UNetMidBlock2D");
  reader.Expect("add_attention", {false}, true);
  reader.IgnoreWhenDisabled("class_embed_type");
  reader.IgnoreWhenDisabled("num_class_embeds");
  // Of attention and of block types that the upsamplers do not have.
  for (const char* key :
       {"attention_head_dim", "attn_norm_num_groups", "downsample_type", "upsample_type", "num_train_timesteps"}) {
    reader.Ignore(key);
  }
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace unclip::decoder
