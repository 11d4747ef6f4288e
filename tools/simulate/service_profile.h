// What the steps of a service cost, as measured.
#ifndef UNCLIP_TOOLS_SIMULATE_SERVICE_PROFILE_H_
#define UNCLIP_TOOLS_SIMULATE_SERVICE_PROFILE_H_

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/simulate/step_times.h"

namespace unclip::simulate {

// One stage's steps.
struct StageProfile {
  std::string name;  // "decoder"
  StepTimes step;    // computed as one batch, on all threads
  // On one thread while the others do the same; a service of several threads has it where its steps go on lanes (step_policy.h).
  std::optional<StepTimes> lane_step = std::nullopt;
  int max_rows = std::numeric_limits<int>::max();  // of a step of this stage
  bool last_step_apart = false;                    // as an upsampler's, whose last step is another network's
};

// A service's.
struct ServiceProfile {
  std::string name;                            // "prior"
  std::vector<StageProfile> stages;            // in the order in which a job goes through them
  absl::Duration job = absl::ZeroDuration();   // that a job costs besides its steps
  absl::Duration load = absl::ZeroDuration();  // from the start of a process until it is SERVING
  int threads = 1;                             // of each replica
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SERVICE_PROFILE_H_
