// Runs the parts of one request side by side.
#ifndef UNCLIP_GATEWAY_PARALLEL_TASKS_H_
#define UNCLIP_GATEWAY_PARALLEL_TASKS_H_

#include <functional>

#include "absl/status/status.h"
#include "gateway/request_context.h"
#include "gateway/worker_pool.h"

namespace unclip::gateway {

// Runs task(0) to task(count - 1) on `pool`, and waits until none runs any more. The first task to fail cancels the request with
// its error; so does a deadline that passes. Once the request is cancelled, no further task starts (those that wait for a thread
// are dropped, not waited for), and those that run must end soon by themselves. OK when all succeeded, else why the request was
// cancelled.
absl::Status RunParallel(WorkerPool* pool, const RequestContext& request, int count,
                         const std::function<absl::Status(int)>& task);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_PARALLEL_TASKS_H_
