#include "common/batching/held_requests.h"

namespace unclip {

std::vector<DebugRequest> HeldRequests(const WorkQueue& queue) {
  std::vector<DebugRequest> requests;
  for (const HeldJob& job : queue.Held()) {
    const DebugState started = job.stepping ? DebugState::kRunning : DebugState::kStarted;
    requests.push_back({.request_id = job.status->request_id,
                        .trace_id = job.status->trace_id,
                        .state = job.started ? started : DebugState::kQueued,
                        .stage = job.status->stage.load(),
                        .step = job.status->step,
                        .step_count = job.status->step_count,
                        .age = job.age});
  }
  return requests;
}

}  // namespace unclip
