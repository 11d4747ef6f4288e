// Tells what cannot be done in time, so that nothing is computed for it.
#ifndef UNCLIP_COMMON_BATCHING_DEADLINE_GUARD_H_
#define UNCLIP_COMMON_BATCHING_DEADLINE_GUARD_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace unclip {

// Jobs guess what their steps take (StepNeed::remaining); here the guesses are corrected by what steps did take, the last few
// dozen counting most. A step of several jobs is set against the sum of their guesses, so the correction holds what is gained by
// computing them together, and what is lost to other processes on the machine. Until enough steps have been seen, and again when
// none has been for a while, nothing is called impossible: were all refused for a guess that is too high, no step would ever
// mend it. Pure: no clock, no thread, no lock. All times are by the same clock.
class DeadlineGuard {
 public:
  // A step took `took`, until `now`, of which the jobs that took part guessed `guessed` in all; nothing is learnt of a guess of
  // 0.
  void StepDone(absl::Duration guessed, absl::Duration took, absl::Duration now);

  // A guess, corrected by what is known at `now`; as it is when nothing is.
  absl::Duration Expected(absl::Duration guessed, absl::Duration now) const;

  // OK, or DEADLINE_EXCEEDED when a job of so much expected work would end past its deadline though all steps were its own and
  // took half as long: machines differ by that much from one moment to the next, and a picture in vain costs less than one lost.
  absl::Status CheckJob(absl::Duration remaining, absl::Duration deadline, absl::Duration now) const;

  // OK, or RESOURCE_EXHAUSTED with the time to retry after when a new job of so much expected work would end past its deadline
  // behind so much of others'. `queue` is the queue's name, for the message.
  absl::Status CheckNewcomer(absl::string_view queue, absl::Duration remaining, absl::Duration before, absl::Duration deadline,
                             absl::Duration now) const;

 private:
  bool IsFresh(absl::Duration at) const;
  bool Knows(absl::Duration now) const;

  // Sums over the steps so far, each weighing less with every one that follows.
  absl::Duration guessed_;
  absl::Duration took_;
  int steps_ = 0;  // since it last knew nothing
  absl::Duration last_step_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_DEADLINE_GUARD_H_
