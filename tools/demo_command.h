// `unclip demo`: a cluster, one request, and an end.
#ifndef UNCLIP_TOOLS_DEMO_COMMAND_H_
#define UNCLIP_TOOLS_DEMO_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/installation.h"

namespace unclip {

// Runs `unclip demo` with the arguments that follow it: starts a cluster on free ports, generates, says where the picture is and
// how long each stage took, and stops the cluster. Needs BlockEventSignals(), and must be called by the main thread. CANCELLED
// after Ctrl-C.
absl::Status RunDemo(const std::vector<std::string>& args, const Installation& installation);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_DEMO_COMMAND_H_
