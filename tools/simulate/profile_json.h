// Reads what was measured of a model on a machine: what bench/capacity.py writes.
#ifndef UNCLIP_TOOLS_SIMULATE_PROFILE_JSON_H_
#define UNCLIP_TOOLS_SIMULATE_PROFILE_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "tools/simulate/scenario.h"

namespace unclip::simulate {

// Sets the profiles of the services and the gateway's times from the file at `path`. Errors as ReadScenario().
absl::Status ReadProfile(const std::string& path, Scenario& scenario);

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_PROFILE_JSON_H_
