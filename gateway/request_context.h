// What every step of one request needs to know.
#ifndef UNCLIP_GATEWAY_REQUEST_CONTEXT_H_
#define UNCLIP_GATEWAY_REQUEST_CONTEXT_H_

#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/job_status.h"
#include "common/trace/span.h"
#include "gateway/cancellation.h"

namespace unclip::gateway {

struct RequestContext {
  std::string request_id = {};                         // stands in the logs of every service that the request reaches
  Trace trace = {};                                    // where spans of the step start
  JobStatus* status = nullptr;                         // to be told how far the work is; may be null
  const Clock* clock = &Clock::Real();                 // what the two times below are measured by
  absl::Duration arrival = absl::ZeroDuration();       // when the request came in
  absl::Duration deadline = absl::InfiniteDuration();  // when it must be answered
  Cancellation* cancellation = nullptr;                // required; outlives all work for the request

  // The work is in `stage`, a literal, which has so many steps, none of them done.
  void Enter(const char* stage, int step_count) const {
    if (status == nullptr) return;
    status->stage = stage;
    status->step = 0;
    status->step_count = step_count;
  }

  // The same for a part of the work that has a span of its own.
  RequestContext Within(const Span& span) const {
    RequestContext context = *this;
    context.trace = span.trace();
    return context;
  }

  // Time that is left; not positive when the deadline has passed.
  absl::Duration remaining() const { return deadline - clock->Now(); }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_REQUEST_CONTEXT_H_
