// How one stage of a request is sampled, but for its number of steps.
#ifndef UNCLIP_SERVICES_SAMPLING_STAGE_SAMPLING_H_
#define UNCLIP_SERVICES_SAMPLING_STAGE_SAMPLING_H_

#include "model/diffusion/sampler_options.h"

namespace unclip {

struct StageSampling {
  model::SamplerKind kind = model::SamplerKind::kAncestral;
  double eta = 0;  // see model::SamplerOptions
  model::GuidanceInterval guidance_interval = {};
  int deep_feature_interval = 1;  // every so many steps are full ones, ≥ 1; see decoder::BaseSampling

  model::SamplerOptions WithSteps(int step_count) const { return {.kind = kind, .step_count = step_count, .eta = eta}; }
};

}  // namespace unclip

#endif  // UNCLIP_SERVICES_SAMPLING_STAGE_SAMPLING_H_
