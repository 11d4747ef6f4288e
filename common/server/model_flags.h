// The command line flags that all binaries with a model share: --checkpoint --device --dtype --threads
// --queue_capacity.
#ifndef UNCLIP_COMMON_SERVER_MODEL_FLAGS_H_
#define UNCLIP_COMMON_SERVER_MODEL_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"

namespace unclip {

struct ModelFlags {
  std::string checkpoint;   // not empty
  std::string device;       // "cpu", "cuda" or "cuda:N"; checked where the model is loaded
  std::string dtype;        // "float32", "bfloat16", "float16" or "auto"
  int thread_count = 0;     // 0: all cores
  int queue_capacity = 64;  // ≥ 1
};

// What the flags say, after ParseServerCommandLine(). UsageError for values out of range.
absl::StatusOr<ModelFlags> ModelFlagsFromCommandLine();

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_MODEL_FLAGS_H_
