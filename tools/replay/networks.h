// Every network that a replay needs, loaded.
#ifndef UNCLIP_TOOLS_REPLAY_NETWORKS_H_
#define UNCLIP_TOOLS_REPLAY_NETWORKS_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "services/clip/clip_model.h"
#include "services/decoder/decoder_model.h"
#include "services/prior/prior_model.h"

namespace unclip::replay {

struct Networks {
  std::unique_ptr<const clip::ClipText> text;
  std::unique_ptr<const clip::ClipVision> vision;  // null unless a variation is replayed
  std::unique_ptr<const prior::PriorModel> prior;  // null when a variation is replayed
  std::unique_ptr<const decoder::DecoderModel> decoder;

  // Where they all are.
  at::Device device() const { return decoder->unet.device(); }
};

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_NETWORKS_H_
