// A request that a process works on, as its debug page shows it.
#ifndef UNCLIP_COMMON_DEBUG_DEBUG_REQUEST_H_
#define UNCLIP_COMMON_DEBUG_DEBUG_REQUEST_H_

#include <string>

#include "absl/time/time.h"

namespace unclip {

enum class DebugState {
  kRunning,  // in the step under way
  kStarted,  // between its steps, while others have theirs
  kQueued,   // waits for its first step
};

// Nothing that a user wrote, but for the request id, which may be any visible ASCII.
struct DebugRequest {
  std::string request_id;
  std::string trace_id;
  DebugState state = DebugState::kQueued;
  std::string stage;   // "decoder"; "" before the first
  int step = 0;        // done, of the stage
  int step_count = 0;  // 0: not known, or the stage has none
  absl::Duration age;  // since it arrived
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_DEBUG_DEBUG_REQUEST_H_
