// The requests in a service's queue and batch, for its debug page.
#ifndef UNCLIP_COMMON_BATCHING_HELD_REQUESTS_H_
#define UNCLIP_COMMON_BATCHING_HELD_REQUESTS_H_

#include <vector>

#include "common/batching/work_queue.h"
#include "common/debug/debug_request.h"

namespace unclip {

// In order of arrival. Thread-safe.
std::vector<DebugRequest> HeldRequests(const WorkQueue& queue);

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_HELD_REQUESTS_H_
