// One request for pictures that the gateway works on, through whichever door it came: gRPC or HTTP.
#ifndef UNCLIP_GATEWAY_ACTIVE_REQUEST_H_
#define UNCLIP_GATEWAY_ACTIVE_REQUEST_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/job_status.h"
#include "common/trace/span.h"
#include "gateway/cancellation.h"
#include "gateway/request_context.h"

namespace unclip::gateway {

// Shared by the thread that works, the door's callbacks and the drain. Thread-safe.
class ActiveRequest {
 public:
  // It arrives now; `deadline` is by `clock`, which must outlive it. Spans of the work start at `trace`.
  ActiveRequest(std::string request_id, absl::Duration deadline, const Clock* clock, Trace trace = {});

  // OK, or DEADLINE_EXCEEDED when the deadline has passed already.
  absl::Status CheckDeadline() const;

  // The caller is gone, or its deadline passed.
  void CallerLeft();

  // Time since it arrived.
  absl::Duration elapsed() const { return context_.clock->Now() - context_.arrival; }

  const RequestContext& context() const { return context_; }

  // How far it is, as the work tells.
  const JobStatus& status() const { return status_; }
  Cancellation& cancellation() { return cancellation_; }

 private:
  Cancellation cancellation_;
  JobStatus status_;
  const RequestContext context_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_ACTIVE_REQUEST_H_
