// What a queue in front of a model takes in, keeps and steps next: WorkQueue without its thread, so that a simulator steps the
// same.
#ifndef UNCLIP_COMMON_BATCHING_QUEUE_RULES_H_
#define UNCLIP_COMMON_BATCHING_QUEUE_RULES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/batching/deadline_guard.h"
#include "common/batching/retry_estimator.h"
#include "common/batching/step_policy.h"

namespace unclip {

// Pure: no clock, no thread, no lock. All times are by the same clock. Candidates are all jobs that are held, in order of
// arrival, with the guesses that the jobs themselves make.
class QueueRules {
 public:
  // Of `capacity` ≥ 1 jobs that may wait for their first step; `name` is for messages.
  QueueRules(std::string name, int capacity) : name_(std::move(name)), capacity_(capacity) {}

  void SetPolicy(const StepPolicy& policy) { policy_ = policy; }

  // Whether a job is taken in: both of the checks below, in this order.
  absl::Status CheckNewcomer(const std::vector<StepCandidate>& held, const StepNeed& need, absl::Duration deadline,
                             absl::Duration now) const;

  // OK, or RESOURCE_EXHAUSTED with the time to retry after when the queue is full.
  absl::Status CheckRoom(absl::Span<const StepCandidate> held) const;

  // OK, or why a job that needs `need` cannot be done by `deadline`: RESOURCE_EXHAUSTED with the time to retry after when what
  // goes first leaves too little time; DEADLINE_EXCEEDED when it could not be done at all.
  absl::Status CheckTime(std::vector<StepCandidate> held, const StepNeed& need, absl::Duration deadline,
                         absl::Duration now) const;

  // OK, or DEADLINE_EXCEEDED when a job that is one of `held` jobs can no longer be done by its deadline. Alone it may go on:
  // nobody has a better use for the time.
  absl::Status CheckHeld(const StepNeed& need, absl::Duration deadline, size_t held, absl::Duration now) const;

  // Places in `held`, which is not empty, of those to step together from `now` on; at least one.
  std::vector<size_t> BeginStep(std::vector<StepCandidate> held, absl::Duration now);

  // The step is over, without a result.
  void AbandonStep() { step_begin_ = absl::InfiniteDuration(); }
  // The step is over and took `took`, until `now`; its jobs had guessed `guessed` in all.
  void EndStep(absl::Duration guessed, absl::Duration took, absl::Duration now);

  // A job has ended, which cost the queue so much computing.
  void JobEnded(absl::Duration computing) { estimator_.Record(computing); }

 private:
  // With guesses corrected by what is known.
  std::vector<StepCandidate> Corrected(std::vector<StepCandidate> held, absl::Duration now) const;

  const std::string name_;
  const int capacity_;
  StepPolicy policy_ = StepPolicy({});
  RetryEstimator estimator_;
  DeadlineGuard guard_;
  absl::Duration step_begin_ = absl::InfiniteDuration();  // of the step under way
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_QUEUE_RULES_H_
