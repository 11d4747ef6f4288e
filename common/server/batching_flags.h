// The command line flags of the services that work in steps: --batching --deadlines_first --memory_limit_mib --memory_share.
#ifndef UNCLIP_COMMON_SERVER_BATCHING_FLAGS_H_
#define UNCLIP_COMMON_SERVER_BATCHING_FLAGS_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "common/batching/step_policy.h"

namespace unclip {

struct BatchingFlags {
  Batching batching = Batching::kStep;
  bool deadlines_first = false;
  std::function<int64_t()> memory_limit;  // bytes that requests may take, ≥ 0; to be called once the model is loaded
};

// What the flags say, after ParseServerCommandLine(). UsageError for values out of range.
absl::StatusOr<BatchingFlags> BatchingFlagsFromCommandLine();

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_BATCHING_FLAGS_H_
