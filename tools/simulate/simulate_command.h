// `unclip simulate`.
#ifndef UNCLIP_TOOLS_SIMULATE_SIMULATE_COMMAND_H_
#define UNCLIP_TOOLS_SIMULATE_SIMULATE_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Simulates what a scenario file describes and writes what came of it to `output`. `args` is what follows `unclip simulate`.
absl::Status RunSimulate(const std::vector<std::string>& args, std::ostream& output);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_SIMULATE_SIMULATE_COMMAND_H_
