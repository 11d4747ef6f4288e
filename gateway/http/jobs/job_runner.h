// Runs jobs one after the other, or a few side by side.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_RUNNER_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_RUNNER_H_

#include <deque>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/http/jobs/job_table.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// The pointers must outlive the runner.
struct JobRunnerOptions {
  GenerationDispatcher* dispatcher = nullptr;
  const Clock* clock = &Clock::Real();
  int max_running = 8;                               // side by side
  absl::Duration time_limit = absl::Minutes(60);     // of a job, from when it is started
  absl::Duration retry_interval = absl::Seconds(1);  // while the cluster is full, or a service is away
};

// Starts jobs in the order they come, and keeps those waiting that the cluster cannot take yet. Thread-safe.
class JobRunner {
 public:
  explicit JobRunner(const JobRunnerOptions& options);

  // Starts nothing any more. The dispatcher must have been drained before, so that none runs.
  ~JobRunner();

  // Takes on `run`, whose table must outlive the runner; `message` was checked, and names its seed. Spans of the
  // work start at `trace`.
  void Submit(std::shared_ptr<JobRun> run, v1::GenerateImageRequest message, Trace trace = {}) ABSL_LOCKS_EXCLUDED(mutex_);

  // Starts nothing any more.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Pending {
    std::shared_ptr<JobRun> run;
    v1::GenerateImageRequest message;
    Trace trace;
  };

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWorkOrEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || (!pending_.empty() && running_ < options_.max_running);
  }
  // Whether it need not be tried again.
  bool Start(const Pending& pending) ABSL_LOCKS_EXCLUDED(mutex_);
  void Run(const std::shared_ptr<JobRun>& run, AdmittedRequest admitted) ABSL_LOCKS_EXCLUDED(mutex_);

  const JobRunnerOptions options_;

  absl::Mutex mutex_;
  std::deque<Pending> pending_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the rest
};

// A preview about so many times on the way through the base decoder.
int JobPreviewStepInterval(int decoder_step_count);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_RUNNER_H_
