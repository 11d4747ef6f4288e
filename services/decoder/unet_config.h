// The sizes of a UNet, from its config file.
#ifndef UNCLIP_SERVICES_DECODER_UNET_CONFIG_H_
#define UNCLIP_SERVICES_DECODER_UNET_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace unclip::decoder {

// One UNet of the cascade. Source of names and defaults: reference unet_2d_condition.py (the base decoder) and unet_2d.py (the
// upsamplers), as far as unCLIP uses them.
struct UnetConfig {
  int sample_size = 0;  // pixels a side
  int in_channels = 0;
  int out_channels = 0;
  int layers_per_block = 0;              // residual blocks a level on the way down; one more on the way up
  std::vector<int> block_out_channels;   // each level's channels, fine to coarse
  std::vector<bool> down_has_attention;  // of each level on the way down
  std::vector<bool> up_has_attention;    // of each level on the way up, coarse to fine
  bool mid_has_attention = false;
  int attention_head_dim = 0;     // channels a head; 0 without attention
  int cross_attention_dim = 0;    // width of a context token; 0 without attention
  bool has_class_labels = false;  // whether an embedding is added to the time embedding
  bool scale_shift = false;       // "resnet_time_scale_shift"
  int norm_num_groups = 32;
  double norm_eps = 1e-5;
  bool flip_sin_to_cos = true;
  double freq_shift = 0;
  int time_embedding_dim = 0;

  // Sides must halve evenly this often.
  int level_count() const { return static_cast<int>(block_out_channels.size()); }
};

// Reads COMPONENT_DIR/config.json of a UNet2DConditionModel. INVALID_ARGUMENT naming file and option when it asks for what is not
// implemented.
absl::StatusOr<UnetConfig> ReadBaseUnetConfig(const std::string& component_dir);

// The same for a UNet2DModel.
absl::StatusOr<UnetConfig> ReadUpsamplerUnetConfig(const std::string& component_dir);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_CONFIG_H_
