// How much time is given to a picture: what the speeds of a request stand for.
#ifndef UNCLIP_GATEWAY_SPEED_PRESET_H_
#define UNCLIP_GATEWAY_SPEED_PRESET_H_

#include <cstdint>

#include "absl/types/span.h"
#include "gateway/capabilities.h"
#include "unclip/common/v1/sampling.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Of one stage.
struct StagePreset {
  common::v1::Sampler sampler = common::v1::SAMPLER_ANCESTRAL;
  int32_t step_count = 0;
};

struct SpeedPreset {
  StagePreset prior;
  StagePreset decoder;
  StagePreset super_res;  // of each upsampler
};

// The speeds that a request can ask for, in the order of the enum; SPEED_UNSPECIFIED, which is SPEED_QUALITY, is not among them.
absl::Span<const v1::Speed> Speeds();

// What `speed`, one of Speeds() or SPEED_UNSPECIFIED, stands for: with SPEED_QUALITY the models' own defaults, else the table
// that docs/performance.md has the measurements of; steps always within what the models allow.
SpeedPreset PresetOf(v1::Speed speed, const Capabilities& capabilities);

// Adds what each speed stands for to what the models can do.
void AddSpeeds(const Capabilities& capabilities, v1::GetCapabilitiesResponse* proto);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_SPEED_PRESET_H_
