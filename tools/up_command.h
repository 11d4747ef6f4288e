// `unclip up`: runs a cluster on this machine.
#ifndef UNCLIP_TOOLS_UP_COMMAND_H_
#define UNCLIP_TOOLS_UP_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/installation.h"

namespace unclip {

// Runs `unclip up` with the arguments that follow it: prints ReadyLine() on stdout when all processes are SERVING, and returns
// after SIGTERM or SIGINT, when everything has stopped. Needs BlockEventSignals(), and must be called by the main thread.
absl::Status RunUp(const std::vector<std::string>& args, const Installation& installation);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_UP_COMMAND_H_
