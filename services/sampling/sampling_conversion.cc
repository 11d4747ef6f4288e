#include "services/sampling/sampling_conversion.h"

namespace unclip {
namespace {

model::SamplerKind ToKind(common::v1::Sampler sampler) {
  switch (sampler) {
    case common::v1::SAMPLER_DDIM:
      return model::SamplerKind::kDdim;
    case common::v1::SAMPLER_DPM_SOLVER:
      return model::SamplerKind::kDpmSolver;
    default:
      return model::SamplerKind::kAncestral;
  }
}

}  // namespace

StageSampling ToStageSampling(const common::v1::SamplingOptions& options) {
  return {
      .kind = ToKind(options.sampler()),
      .eta = options.eta(),
      .guidance_interval = {.start = options.guidance_start(), .end = options.has_guidance_end() ? options.guidance_end() : 1},
      .deep_feature_interval = options.has_deep_feature_interval() ? options.deep_feature_interval() : 1};
}

}  // namespace unclip
