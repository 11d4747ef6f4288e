#include "gateway/active_request.h"

#include <utility>

namespace unclip::gateway {

ActiveRequest::ActiveRequest(std::string request_id, absl::Duration deadline, const Clock* clock, Trace trace)
    : status_(request_id, trace.trace_id()),
      context_{.request_id = std::move(request_id),
               .trace = std::move(trace),
               .status = &status_,
               .clock = clock,
               .arrival = clock->Now(),
               .deadline = deadline,
               .cancellation = &cancellation_} {}

absl::Status ActiveRequest::CheckDeadline() const {
  if (context_.remaining() > absl::ZeroDuration()) return absl::OkStatus();
  return absl::DeadlineExceededError("the deadline had passed when the request arrived");
}

void ActiveRequest::CallerLeft() {
  // gRPC tells both in the same way.
  cancellation_.Cancel(context_.remaining() > absl::ZeroDuration() ? absl::CancelledError("the caller left")
                                                                   : absl::DeadlineExceededError("the deadline passed"));
}

}  // namespace unclip::gateway
