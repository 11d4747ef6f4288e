// Reads a scenario and the measured profile that it names. docs/capacity.md lists the options.
#ifndef UNCLIP_TOOLS_SIMULATE_SCENARIO_JSON_H_
#define UNCLIP_TOOLS_SIMULATE_SCENARIO_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/simulate/scenario.h"

namespace unclip::simulate {

// The scenario in the file at `path`; files that it names are looked for beside it. INVALID_ARGUMENT, naming file and option, for
// what is wrong or unknown; NOT_FOUND.
absl::StatusOr<Scenario> ReadScenario(const std::string& path);

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SCENARIO_JSON_H_
