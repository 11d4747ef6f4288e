#include "common/batching/job_ticket.h"

namespace unclip {

// The deadline first: a caller whose deadline passes is seen as cancelled as well.
absl::Status JobTicket::Check(absl::Duration now) const {
  if (now >= deadline_) return absl::DeadlineExceededError("the request's deadline passed before its work was done");
  if (cancelled_) return absl::CancelledError("the caller cancelled the request");
  if (shut_down_) return absl::UnavailableError("the service is shutting down; retry elsewhere");
  return absl::OkStatus();
}

}  // namespace unclip
