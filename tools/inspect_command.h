// `unclip inspect`: what a checkpoint holds, and whether it is whole.
#ifndef UNCLIP_TOOLS_INSPECT_COMMAND_H_
#define UNCLIP_TOOLS_INSPECT_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip inspect DIR [--json]` (`args` are the words after `inspect`): prints, for each component of model_index.json, its
// class, weight files, types, parameters and bytes, and each tensor that is missing, unknown or of another shape than the config
// says. FAILED_PRECONDITION, after the listing, when something is wrong with the checkpoint; a UsageError for unknown arguments.
absl::Status RunInspect(const std::vector<std::string>& args);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_INSPECT_COMMAND_H_
