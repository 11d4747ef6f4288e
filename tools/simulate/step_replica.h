// One process of clip, prior or decoder: the queue's own rules (common/batching), stepped by the events of a simulation.
#ifndef UNCLIP_TOOLS_SIMULATE_STEP_REPLICA_H_
#define UNCLIP_TOOLS_SIMULATE_STEP_REPLICA_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/batching/queue_rules.h"
#include "common/batching/step_policy.h"
#include "tools/simulate/core_pool.h"
#include "tools/simulate/event_queue.h"
#include "tools/simulate/service_profile.h"

namespace unclip::simulate {

// Steps that a job takes in one stage.
struct StageWork {
  int rows = 1;
  int steps = 0;  // may be 0: the stage is left out
};

// What became of a job, and the time that it took in each stage, its waits between steps included.
struct JobResult {
  absl::Status status;
  absl::Duration queued;  // until its first step
  std::vector<absl::Duration> stages;
};

// Differs from the service in that it knows what steps cost from a table, and no memory is short. Not thread-safe.
class StepReplica {
 public:
  struct Options {
    int queue_capacity = 64;
    Batching batching = Batching::kStep;
    int max_started = 64;
    bool deadlines_first = false;
  };
  using Done = std::function<void(const JobResult& result)>;

  // The pointers outlive this.
  StepReplica(const Options& options, const ServiceProfile* profile, EventQueue* events, CorePool* cores);

  // Takes in a job with work of at least one step for each stage of the profile; `done` is called once, never before this has
  // returned. An error is the queue's refusal; `done` is never called then. Returns what Cancel() takes.
  absl::StatusOr<uint64_t> Submit(std::vector<StageWork> work, absl::Duration deadline, Done done);

  // The caller has left: the job of this number ends now or after its step, with CANCELLED. Harmless when it has ended.
  void Cancel(uint64_t number);

  // Jobs that have arrived and not ended: the metric `in_flight`.
  int in_flight() const { return static_cast<int>(jobs_.size()); }
  // Time that steps took until now.
  absl::Duration busy() const { return busy_ + (stepping_ ? events_->now() - step_begin_ : absl::ZeroDuration()); }
  // The sum over all steps of the jobs in them.
  int64_t job_steps() const { return job_steps_; }
  int64_t steps() const { return steps_; }

 private:
  struct Job;
  using Jobs = std::vector<std::shared_ptr<Job>>;

  StepNeed NeedOf(const Job& job) const;
  std::vector<StepCandidate> Candidates() const;
  void DropOver();
  void StepNext();
  absl::Duration DurationOf(const Jobs& batch) const;
  absl::Duration LaneDurationOf(const Jobs& batch, size_t begin, size_t end) const;
  void EndStep(const Jobs& batch);
  void Advance(Job& job) const;
  void End(const std::shared_ptr<Job>& job, absl::Status status);

  const Options options_;
  const ServiceProfile* const profile_;
  EventQueue* const events_;
  CorePool* const cores_;
  QueueRules rules_;
  Jobs jobs_;  // all that are held, in order of arrival
  bool stepping_ = false;
  absl::Duration step_begin_;
  absl::Duration busy_;
  absl::Duration computing_;  // since the last job ended
  int64_t steps_ = 0;
  int64_t job_steps_ = 0;
  uint64_t next_job_ = 0;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_STEP_REPLICA_H_
