// Work that is done in steps, several jobs' steps at once where that is cheaper.
#ifndef UNCLIP_COMMON_BATCHING_STEP_JOB_H_
#define UNCLIP_COMMON_BATCHING_STEP_JOB_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/batching/job_ticket.h"
#include "common/batching/step_policy.h"

namespace unclip {

// One job. All but need() and Done() are called on the queue's worker thread, one at a time.
class StepJob {
 public:
  virtual ~StepJob() = default;

  // What its next step needs, before Start() as well. Called by Submit() and after each step but the last. Called under the
  // queue's lock: must be fast and take no lock.
  virtual StepNeed need() const = 0;

  // Before its first step. `context` lives until Done(). An error ends the job.
  virtual absl::Status Start(const JobContext& context) = 0;

  // The whole step of a job of a negative group, in place of the queue's StepFunction.
  virtual absl::Status StepAlone() = 0;

  // After each of its steps that went well; true ends the job. An error as well.
  virtual absl::StatusOr<bool> AfterStep() = 0;

  // Called exactly once for each job that was accepted: with OK after its last step, or with why there is none (its error, or
  // CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE). Called without the queue's lock, on the worker thread or on the one that
  // cancelled.
  virtual void Done(const absl::Status& status) = 0;
};

// Computes one step of each of `jobs`, which are what StepPolicy::Pick() found, and returns as many results.
using StepFunction = std::function<std::vector<absl::Status>(absl::Span<StepJob* const> jobs)>;

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_STEP_JOB_H_
