// A caller's hold on a job in a WorkQueue, and what the running job sees of it.
#ifndef UNCLIP_COMMON_BATCHING_JOB_TICKET_H_
#define UNCLIP_COMMON_BATCHING_JOB_TICKET_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/job_status.h"

namespace unclip {

// Says whether a job should still be done. Thread-safe.
class JobTicket {
 public:
  // `deadline` is on the scale of Clock::Now(); absl::InfiniteDuration() for none. `status` is what is shown of the job; null:
  // nothing is.
  explicit JobTicket(absl::Duration deadline, std::shared_ptr<const JobStatus> status = nullptr)
      : deadline_(deadline), status_(std::move(status)) {}

  // The caller left. WorkQueue::Cancel() does this and more; use that.
  void MarkCancelled() { cancelled_ = true; }

  // The service is going down.
  void MarkShutDown() { shut_down_ = true; }

  absl::Duration deadline() const { return deadline_; }
  const std::shared_ptr<const JobStatus>& status() const { return status_; }

  // OK, or why the job should not be done: DEADLINE_EXCEEDED, CANCELLED or UNAVAILABLE, the first that holds at `now`.
  absl::Status Check(absl::Duration now) const;

 private:
  const absl::Duration deadline_;
  const std::shared_ptr<const JobStatus> status_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> shut_down_ = false;
};

// What a running job knows.
class JobContext {
 public:
  JobContext(const JobTicket& ticket, const Clock& clock, absl::Duration queue_duration)
      : ticket_(ticket), clock_(clock), queue_duration_(queue_duration) {}

  // OK, or why to stop at once. Call at every step, and return its error from the job.
  absl::Status Check() const { return ticket_.Check(clock_.Now()); }

  // Time between Submit() and the job's start.
  absl::Duration queue_duration() const { return queue_duration_; }

 private:
  const JobTicket& ticket_;
  const Clock& clock_;
  const absl::Duration queue_duration_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_JOB_TICKET_H_
