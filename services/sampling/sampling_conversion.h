// From how a request wants a stage to be sampled to what an engine takes.
#ifndef UNCLIP_SERVICES_SAMPLING_SAMPLING_CONVERSION_H_
#define UNCLIP_SERVICES_SAMPLING_SAMPLING_CONVERSION_H_

#include "services/sampling/stage_sampling.h"
#include "unclip/common/v1/sampling.pb.h"

namespace unclip {

// Of options that CheckSamplingOptions() has passed.
StageSampling ToStageSampling(const common::v1::SamplingOptions& options);

}  // namespace unclip

#endif  // UNCLIP_SERVICES_SAMPLING_SAMPLING_CONVERSION_H_
