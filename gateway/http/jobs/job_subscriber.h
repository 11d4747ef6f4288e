// One who watches a job.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_SUBSCRIBER_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_SUBSCRIBER_H_

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/http/jobs/job_events.h"

namespace unclip::gateway {

// Takes events at its own pace, without ever holding up the job; see PendingJobEvents for what a slow one misses. Let go of it to
// watch no longer. Thread-safe.
class JobSubscriber {
 public:
  // `on_event` is called, without any lock, when there is something to take and there was nothing before: to begin with, and
  // whenever Take() has had everything. Perhaps still while the last reference goes, so it must own what it touches. It must not
  // block.
  explicit JobSubscriber(std::function<void()> on_event) : on_event_(std::move(on_event)) {}

  // The next event; nothing when there is none as yet, or the last one (IsLast) was taken.
  std::optional<JobEvent> Take() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return pending_.Take();
  }

  // For the job: adds an event; Wake() has to follow once no lock is held.
  void Add(JobEvent event) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    wants_waking_ = wants_waking_ || pending_.empty();
    pending_.Add(std::move(event));
  }

  void Wake() ABSL_LOCKS_EXCLUDED(mutex_) {
    bool wants_waking = false;
    {
      absl::MutexLock lock(&mutex_);
      wants_waking = std::exchange(wants_waking_, false);
    }
    if (wants_waking && on_event_) on_event_();
  }

 private:
  const std::function<void()> on_event_;

  absl::Mutex mutex_;
  PendingJobEvents pending_ ABSL_GUARDED_BY(mutex_);
  bool wants_waking_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_SUBSCRIBER_H_
