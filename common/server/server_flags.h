// The command line flags that all four binaries share: --listen --metrics_listen --grace --drain_delay --exit_with_parent
// --log_level --log_prompts.
#ifndef UNCLIP_COMMON_SERVER_SERVER_FLAGS_H_
#define UNCLIP_COMMON_SERVER_SERVER_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/server/server_runner.h"

namespace unclip {

// Parses the command line and sets up the log for `service`. `usage` is what --help says above the list of flags, which it ends
// the process after, as an unknown flag does. UsageError for arguments that are not flags and for an unknown log level.
absl::Status ParseServerCommandLine(int argc, char** argv, const std::string& service, const std::string& usage);

// The options that the flags say. UsageError for values out of range.
absl::StatusOr<ServerOptions> ServerOptionsFromFlags(std::vector<std::string> health_names);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_SERVER_FLAGS_H_
