// A bounded first-in-first-out queue with one worker thread, which runs one job at a time. One thread, and always the same: each
// thread that computes with LibTorch gets an OpenMP team of its own, and engines are not thread-safe.
//
// What a caller gets:
// - Full: Submit() fails at once with RESOURCE_EXHAUSTED and the time to try again after (common/rpc/retry_info.h).
// - Cancelled, or past its deadline, while it waits: the job never starts, its place is free, and `done` is called at once.
// - Cancelled, or past its deadline, while it runs: the job sees it by JobContext::Check(), which it calls at every step.
// - Shut down: Submit() fails with UNAVAILABLE; what is held runs on until the grace period ends, then gets UNAVAILABLE.
// The queue itself has no timer: a caller whose deadline passes calls Cancel(), as gRPC's OnCancel does. A job whose deadline has
// passed never starts in any case.
#ifndef UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_
#define UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/job_ticket.h"
#include "common/batching/retry_estimator.h"

namespace unclip {

// Work to be done.
struct Job {
  // Does the work, on the worker thread; its result is handed to `done`, which is called right after on the same thread.
  std::function<absl::Status(const JobContext& context)> run;

  // Called exactly once for each job that Submit() accepted: with the result of `run`, or with why it never ran (CANCELLED,
  // DEADLINE_EXCEEDED, UNAVAILABLE). Called without the queue's lock, on the worker thread or on the one that cancelled.
  std::function<void(const absl::Status& status)> done;

  // Whether it is a request like others; else (loading a model) its times tell nothing of theirs, and are not reported or learnt
  // from.
  bool is_request = true;
};

struct WorkQueueOptions {
  std::string name;                     // of the service, for messages: "prior"
  int capacity = 64;                    // jobs that may wait, besides the one that runs; ≥ 1
  const Clock* clock = &Clock::Real();  // for deadlines and durations
  std::function<void(int)> on_length;   // called with the number of waiting jobs when it changes; must not block; may be null
  std::function<void(absl::Duration)> on_start;  // called with the time a job waited when it starts; must not block; may be null
};

// Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueOptions options);

  // Shuts down without grace.
  ~WorkQueue();

  // Appends `job`. `ticket` is fresh, for this job alone; the caller keeps it to cancel by. On error (RESOURCE_EXHAUSTED,
  // UNAVAILABLE, or CANCELLED or DEADLINE_EXCEEDED when the ticket is so already) nothing of `job` is ever called.
  absl::Status Submit(const std::shared_ptr<JobTicket>& ticket, Job job);

  // The caller has left or its deadline passed. A waiting job is taken out and its `done` called, before this returns, with
  // DEADLINE_EXCEEDED when its deadline has passed, else CANCELLED. A running job sees it at its next step. Harmless before
  // Submit() (which then fails), after the job's end, and twice.
  void Cancel(const std::shared_ptr<JobTicket>& ticket);

  // Refuses new jobs, lets what is held run for up to `grace`, then drops what waits and tells what runs to stop, and waits until
  // it has (that is, until its next step). Call from one thread, not the worker.
  void Shutdown(absl::Duration grace);

  // Jobs waiting (not the one that runs).
  int length() const;

 private:
  struct Entry {
    std::shared_ptr<JobTicket> ticket;
    Job job;
    absl::Duration submitted;  // by options_.clock
  };

  void Work();
  bool RunNext();
  void NotifyLength() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return waiting_.empty() && running_ == nullptr; }
  bool CanWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !waiting_.empty() || stopped_; }

  const WorkQueueOptions options_;

  mutable absl::Mutex mutex_;
  std::deque<Entry> waiting_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<JobTicket> running_ ABSL_GUARDED_BY(mutex_);
  RetryEstimator estimator_ ABSL_GUARDED_BY(mutex_);
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;  // Shutdown() was called
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;   // the worker must end

  // Last, so that all else is there when it starts.
  std::thread worker_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_WORK_QUEUE_H_
