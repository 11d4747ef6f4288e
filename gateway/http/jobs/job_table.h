// All jobs that are known.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_TABLE_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "gateway/cancellation.h"
#include "gateway/generation_observer.h"
#include "gateway/http/jobs/answer_writer.h"
#include "gateway/http/jobs/job.h"
#include "gateway/http/jobs/job_metrics.h"
#include "gateway/http/jobs/job_snapshot.h"
#include "gateway/http/jobs/job_subscriber.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

struct JobTableOptions {
  size_t max_unfinished = 256;                          // queued and running: more are refused
  size_t max_finished = 1000;                           // the oldest make room
  int64_t max_result_bytes = int64_t{512} << 20;        // of the finished ones' pictures; likewise, but for the newest
  absl::Duration lifetime = absl::Hours(1);             // of a finished job
  std::function<absl::Time()> wall_clock = &absl::Now;  // for the times that are shown
  JobMetrics* metrics = nullptr;                        // must outlive the table; nullptr: nothing is counted
};

struct JobCounts {
  size_t queued = 0;
  size_t running = 0;
  size_t finished = 0;
};

class JobRun;

// Holds jobs from the moment they are asked for until their results have expired, and nothing across restarts. It starts no work:
// who adds a job runs it, in whatever order, and tells of it by the JobRun. Thread-safe. Must outlive the runs; subscribers may
// outlive it.
class JobTable {
 public:
  // `clock` must outlive the table.
  JobTable(JobTableOptions options, const Clock* clock) : options_(std::move(options)), clock_(clock) {}

  // A new job, queued behind all others that are. RESOURCE_EXHAUSTED when as many are unfinished as may be.
  absl::StatusOr<std::unique_ptr<JobRun>> Add(ImageTask kind, std::shared_ptr<const AnswerWriter> writer)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Each is NOT_FOUND when there is no such job, or no longer.
  absl::StatusOr<JobSnapshot> Get(absl::string_view id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Cancels an unfinished job, and answers what it then is; forgets a finished one, and answers nothing.
  absl::StatusOr<std::optional<JobSnapshot>> CancelOrForget(absl::string_view id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Events from now on, behind those that tell what has come so far. `on_event` is called at once, from here, too.
  absl::StatusOr<std::shared_ptr<JobSubscriber>> Subscribe(absl::string_view id, std::function<void()> on_event)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends every unfinished job with `why`, not OK, as when the process goes down.
  void EndAll(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);

  JobCounts counts() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class JobRun;
  using Jobs = std::list<std::shared_ptr<Job>>;

  // What JobRun does. Each tells subscribers.
  bool SetRunning(const std::shared_ptr<Job>& job) ABSL_LOCKS_EXCLUDED(mutex_);
  void AddProgress(Job& job, v1::GenerationProgress progress) ABSL_LOCKS_EXCLUDED(mutex_);
  void AddImage(Job& job, v1::GeneratedImage image) ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const std::shared_ptr<Job>& job, const absl::Status& status, std::vector<v1::Warning> warnings)
      ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<Job> Find(absl::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<int> QueuePositionOf(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveQueue(const std::shared_ptr<Job>& job, Job::Woken& woken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishLocked(const std::shared_ptr<Job>& job, const absl::Status& status, std::vector<v1::Warning> warnings,
                    Job::Woken& woken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportUnfinished() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Jobs::iterator finished) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const JobTableOptions options_;
  const Clock* const clock_;

  absl::Mutex mutex_;  // also guards what is in the jobs, but for their cancellations
  absl::flat_hash_map<std::string, std::shared_ptr<Job>> jobs_ ABSL_GUARDED_BY(mutex_);
  Jobs queued_ ABSL_GUARDED_BY(mutex_);               // the first to come first
  Jobs finished_ ABSL_GUARDED_BY(mutex_);             // the first to finish first
  int64_t result_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of the finished ones
};

// Who works on a job tells of it here; a GenerationObserver for the work itself. Thread-safe.
class JobRun final : public GenerationObserver {
 public:
  JobRun(JobTable* table, std::shared_ptr<Job> job) : table_(table), job_(std::move(job)) {}
  // Fails the job with INTERNAL if it is not finished.
  ~JobRun() override;
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  const std::string& id() const { return job_->id(); }

  // Is cancelled when the job is: by its user, or because the process goes down.
  Cancellation& cancellation() { return job_->cancellation(); }

  // False when the job is no longer queued: there is nothing to be done.
  bool SetRunning() { return table_->SetRunning(job_); }

  void OnProgress(v1::GenerationProgress progress) override { table_->AddProgress(*job_, std::move(progress)); }
  void OnImage(v1::GeneratedImage image) override { table_->AddImage(*job_, std::move(image)); }

  // OK: succeeded; CANCELLED: cancelled; else failed. Without effect when the job was cancelled or finished before.
  void Finish(const absl::Status& status, std::vector<v1::Warning> warnings = {}) {
    table_->Finish(job_, status, std::move(warnings));
  }

 private:
  JobTable* const table_;
  const std::shared_ptr<Job> job_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_TABLE_H_
