// The sizes of the CLIP towers, from their config files.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_CONFIG_H_
#define UNCLIP_SERVICES_CLIP_CLIP_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"

namespace unclip::clip {

// What both towers have. Names and defaults: reference models/clip/configuration_clip.py.
struct ClipEncoderConfig {
  int hidden_size = 0;        // width W
  int intermediate_size = 0;  // width of the MLP
  int num_hidden_layers = 0;
  int num_attention_heads = 0;  // divides hidden_size
  std::string hidden_act;       // one of model::ActivationNames()
  double layer_norm_eps = 1e-5;
};

// CLIPTextModelWithProjection.
struct ClipTextConfig {
  ClipEncoderConfig encoder;
  int projection_dim = 0;  // D
  int vocab_size = 0;
  int max_position_embeddings = 0;  // T
  int eos_token_id = 0;
};

// CLIPVisionModelWithProjection.
struct ClipVisionConfig {
  ClipEncoderConfig encoder;
  int projection_dim = 0;  // D
  int image_size = 0;      // pixels a side
  int patch_size = 0;      // pixels a side
  int num_channels = 3;

  int patch_count() const { return (image_size / patch_size) * (image_size / patch_size); }
};

// Reads COMPONENT_DIR/config.json. INVALID_ARGUMENT naming file and option when it asks for what is not implemented.
absl::StatusOr<ClipTextConfig> ReadClipTextConfig(const std::string& component_dir);
absl::StatusOr<ClipVisionConfig> ReadClipVisionConfig(const std::string& component_dir);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_CONFIG_H_
