// Checks how a request wants a stage to be sampled.
#ifndef UNCLIP_COMMON_SAMPLING_SAMPLING_CHECK_H_
#define UNCLIP_COMMON_SAMPLING_SAMPLING_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "unclip/common/v1/sampling.pb.h"

namespace unclip {

inline constexpr int kMaxDeepFeatureInterval = 100;

// What a stage can do at all.
struct SamplingTraits {
  bool has_guidance = false;
  bool has_deep_features = false;
};

// INVALID_ARGUMENT, naming the field of `options` under `field`, its value and what is allowed, when one is out of range, does
// not go with the others, or asks for what the stage has not.
absl::Status CheckSamplingOptions(absl::string_view field, const common::v1::SamplingOptions& options,
                                  const SamplingTraits& traits);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SAMPLING_SAMPLING_CHECK_H_
