// The steps of a request that names a speed only.
#ifndef UNCLIP_TOOLS_SIMULATE_REQUEST_STEPS_H_
#define UNCLIP_TOOLS_SIMULATE_REQUEST_STEPS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace unclip::simulate {

struct RequestSteps {
  int prior = 0;
  int decoder = 0;
  int super_res = 0;  // of each upsampler
};

// Of "quality", "balanced" or "fast", as gateway/speed_preset has them; INVALID_ARGUMENT for another. (A test holds them to it:
// the gateway's own are made for what its models can do, which a simulation has none of.)
inline absl::StatusOr<RequestSteps> StepsOfSpeed(absl::string_view speed) {
  if (speed == "quality") return RequestSteps{.prior = 25, .decoder = 25, .super_res = 7};
  if (speed == "balanced") return RequestSteps{.prior = 10, .decoder = 15, .super_res = 7};
  if (speed == "fast") return RequestSteps{.prior = 4, .decoder = 8, .super_res = 7};
  return absl::InvalidArgumentError(absl::StrCat("speed is \"", speed, "\"; it must be quality, balanced or fast"));
}

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_REQUEST_STEPS_H_
