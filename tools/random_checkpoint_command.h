// `unclip random-checkpoint`: writes a checkpoint with random weights, to try sizes that have no weights at hand.
#ifndef UNCLIP_TOOLS_RANDOM_CHECKPOINT_COMMAND_H_
#define UNCLIP_TOOLS_RANDOM_CHECKPOINT_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip random-checkpoint --like karlo|DIR --out DIR [--variation DIR] [--tokenizer DIR] [--dtype T] [--seed N]` (`args`
// are the words after the command): writes the configs of Karlo, or those of the checkpoint DIR, and weights drawn from a normal
// distribution and scaled so that signals keep their size. Equal arguments give equal files. Pictures made with them are noise.
// ALREADY_EXISTS when the output folder is not empty; a UsageError for unknown arguments.
absl::Status RunRandomCheckpoint(const std::vector<std::string>& args);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_RANDOM_CHECKPOINT_COMMAND_H_
