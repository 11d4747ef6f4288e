// One process of the benchmark's cluster: the real service, or gateway, behind its real server.
#ifndef UNCLIP_BENCH_RPC_COST_SERVED_ROLE_H_
#define UNCLIP_BENCH_RPC_COST_SERVED_ROLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace unclip::bench {

struct RoleOptions {
  std::string role;        // "clip", "prior", "decoder" or "gateway"
  int picture_size = 128;  // of the decoder's pictures, in pixels a side
  double step_ms = 0;      // that a step of prior and decoder sleeps
  // Where the services are; for the gateway.
  std::string clip_target = {};
  std::string prior_target = {};
  std::string decoder_target = {};
};

// Serves until SIGTERM, or until the parent process ends; says on stdout what ServerRunner says. Once it listens, its log goes to
// a nameless file in the folder for temporary files, which costs as much as a log that is kept. INVALID_ARGUMENT for an unknown
// role.
absl::Status ServeRole(const RoleOptions& options);

// The same options as arguments for a program, and back. UsageError when they are not.
std::vector<std::string> ToArguments(const RoleOptions& options);
absl::StatusOr<RoleOptions> RoleOptionsFromArguments(const std::vector<std::string>& arguments);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_SERVED_ROLE_H_
