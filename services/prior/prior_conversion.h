// Conversion between the prior's messages and what the engine takes and tells.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_CONVERSION_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_CONVERSION_H_

#include "absl/status/statusor.h"
#include "services/prior/prior_engine.h"
#include "unclip/prior/v1/prior_service.pb.h"

namespace unclip::prior {

// What a request may ask for; PriorModelInfo says how many steps.
inline constexpr int kMaxCandidateCount = 16;
inline constexpr double kMaxGuidanceScale = 100;

// What it gets when it does not say.
inline constexpr int kDefaultCandidateCount = 1;
inline constexpr double kDefaultGuidanceScale = 4;

// Turns a request into what the engine takes, which cannot be wrong after that. INVALID_ARGUMENT, naming field, value and range,
// when a field does not fit the engine or is out of range. The negative text is checked and taken only when the guidance scale
// makes use of it.
absl::StatusOr<SamplePriorInput> ToSamplePriorInput(const v1::SamplePriorRequest& request, const PriorModelInfo& info);

v1::GetModelInfoResponse ToModelInfoResponse(const PriorModelInfo& info);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_CONVERSION_H_
