// `unclip replay`: compares this code with a recorded run of the reference.
#ifndef UNCLIP_TOOLS_REPLAY_COMMAND_H_
#define UNCLIP_TOOLS_REPLAY_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip replay --checkpoint DIR --case FILE [--device NAME] [--dtype TYPE] [--threads N]`; `args` are what follows
// `replay`. Prints a line for each stage with the largest absolute and relative difference. DATA_LOSS when a stage is past its
// tolerance; other errors for a checkpoint or trace that is not acceptable.
absl::Status RunReplay(const std::vector<std::string>& args);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_REPLAY_COMMAND_H_
