// A bounded queue with one worker thread, which does jobs in steps and lets them join and leave its batch at any step. One
// thread, and always the same: each thread that computes with LibTorch gets an OpenMP team of its own, and engines are not
// thread-safe.
//
// What a caller gets:
// - Full: Submit() fails at once with RESOURCE_EXHAUSTED and the time to try again after (common/rpc/retry_info.h).
// - A deadline that cannot be met behind the work that goes first: the same.
// - A deadline that can no longer be met, by what is left to do, while others want the time: DEADLINE_EXCEEDED at once, between
//   steps (deadline_guard.h).
// - Cancelled, or past its deadline, between steps: the job is out, its place is free, and Done() is called at once.
// - Cancelled, or past its deadline, during its step: it leaves after the step. A job that is a single long step sees it by
//   JobContext::Check().
// - Shut down: Submit() fails with UNAVAILABLE; what is held runs on until the grace period ends, then gets UNAVAILABLE.
// The queue itself has no timer: a caller whose deadline passes calls Cancel(), as gRPC's OnCancel does. A job whose deadline has
// passed never takes another step in any case.
#ifndef UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_
#define UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/job_status.h"
#include "common/batching/job_ticket.h"
#include "common/batching/queue_metrics.h"
#include "common/batching/queue_rules.h"
#include "common/batching/single_step.h"
#include "common/batching/step_job.h"
#include "common/batching/step_policy.h"

namespace unclip {

struct WorkQueueOptions {
  std::string name;                     // of the service, for messages: "prior"
  int capacity = 64;                    // jobs that may wait for their first step; ≥ 1
  const Clock* clock = &Clock::Real();  // for deadlines and durations
  std::function<void(int)> on_length =
      nullptr;  // called with the number of waiting jobs when it changes; must not block; may be null
  std::function<void(absl::Duration)> on_start =
      nullptr;                      // called with the time a job waited when it starts; must not block; may be null
  StepFunction step = nullptr;      // may be null where all jobs step alone
  QueueMetrics* metrics = nullptr;  // of what is stepped, wasted and refused; must outlive the queue; may be null
};

// A job that is held, as it was when it was looked at.
struct HeldJob {
  std::shared_ptr<const JobStatus> status;
  absl::Duration age;     // since it was submitted
  bool started = false;   // its first step was begun
  bool stepping = false;  // it is in the step under way
};

// Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueOptions options);

  // Shuts down without grace.
  ~WorkQueue();

  // Takes `job`. `ticket` is fresh, for this job alone; the caller keeps it to cancel by. On error (RESOURCE_EXHAUSTED,
  // UNAVAILABLE, or CANCELLED or DEADLINE_EXCEEDED when the ticket is so already) nothing of `job` is ever called.
  absl::Status Submit(const std::shared_ptr<JobTicket>& ticket, std::shared_ptr<StepJob> job);
  absl::Status Submit(const std::shared_ptr<JobTicket>& ticket, Job job);

  // The caller has left or its deadline passed. Between steps the job is taken out and its Done() called, before this returns,
  // with DEADLINE_EXCEEDED when its deadline has passed, else CANCELLED; during its step, after the step. Harmless before
  // Submit() (which then fails), after the job's end, and twice.
  void Cancel(const std::shared_ptr<JobTicket>& ticket);

  // Whom to step next; from now on. A queue starts with StepPolicy's defaults.
  void SetPolicy(const StepPolicy& policy);

  // Refuses new jobs, lets what is held run for up to `grace`, then drops it all, waiting for the step that is under way. Call
  // from one thread, not the worker.
  void Shutdown(absl::Duration grace);

  // The jobs that are held and have a status, in order of arrival. Only pointers are copied under the queue's lock.
  std::vector<HeldJob> Held() const;

  // Jobs that wait for their first step.
  int length() const {
    absl::MutexLock lock(&mutex_);
    return WaitingCount();
  }

 private:
  struct Entry;
  using Entries = std::vector<std::shared_ptr<Entry>>;
  using Ended = std::vector<std::pair<std::shared_ptr<Entry>, absl::Status>>;

  absl::Status Submit(const std::shared_ptr<JobTicket>& ticket, std::shared_ptr<StepJob> job, bool is_request);
  void Work();
  bool RunNext();
  absl::Status Refuse(Rejection reason, absl::Status status) const;
  std::vector<StepCandidate> Candidates() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Ended TakeOver(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entries PickBatch(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Step(const Entries& batch);
  void CountSteps(const Entries& batch) const;
  void End(const Entry& entry, const absl::Status& status) const;
  Ended ComputeBatch(const Entries& batch);
  void PutBack(const Entries& batch, const Ended& ended, absl::Duration took, absl::Duration now);
  std::vector<absl::Status> ComputeStep(const Entries& batch) const;
  int WaitingCount() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NotifyLength() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return entries_.empty(); }
  bool CanWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !entries_.empty() || stopped_; }

  const WorkQueueOptions options_;

  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // all that is held, in order of arrival
  QueueRules rules_ ABSL_GUARDED_BY(mutex_);
  absl::Duration computing_;  // worker thread only: spent on requests since the last of them ended
  int reported_length_ ABSL_GUARDED_BY(mutex_) = 0;
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;  // Shutdown() was called
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;   // the worker must end

  // Last, so that all else is there when it starts.
  std::thread worker_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_
