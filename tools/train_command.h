// `unclip train`: trains one of the networks.
#ifndef UNCLIP_TOOLS_TRAIN_COMMAND_H_
#define UNCLIP_TOOLS_TRAIN_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip train clip|prior|decoder|upsampler --config FILE --out DIR [--threads N] [--steps N]` (`args` are the words after
// the command). Ctrl-C and SIGTERM save and end it with CANCELLED; the same command then goes on. A UsageError for unknown
// arguments.
absl::Status RunTrain(const std::vector<std::string>& args);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_TRAIN_COMMAND_H_
