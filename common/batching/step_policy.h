// Decides whose denoising step is computed next, and whose along with it.
#ifndef UNCLIP_COMMON_BATCHING_STEP_POLICY_H_
#define UNCLIP_COMMON_BATCHING_STEP_POLICY_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip {

// What a job needs for its next step.
struct StepNeed {
  int group = 0;                                    // steps of one group may be computed together; a negative group's never
  int rows = 1;                                     // samples that the step puts into the batch; ≥ 1
  absl::Duration remaining = absl::ZeroDuration();  // a guess of the time that all its steps still take when computed alone
};

// A job as the policy sees it.
struct StepCandidate {
  StepNeed need;
  absl::Duration arrival = absl::ZeroDuration();       // by the clock
  absl::Duration deadline = absl::InfiniteDuration();  // by the clock
  bool started = false;                                // holds memory already
};

// Pure: no clock, no thread, no lock.
//
// The job with the least remaining time goes first, less the time since it arrived: short jobs pass long ones, which keeps the
// mean wait short, but none is passed for ever, as each waits only for those that arrived within the lead that its length gives
// them. Jobs of the same group come along as long as there is room; one that does not fit keeps no other from it. With
// `deadlines_first` the nearest deadline goes first instead.
class StepPolicy {
 public:
  struct Options {
    int max_rows = 1;      // of a batch; a job that alone has more is computed alone
    int max_started = 64;  // jobs that may hold memory at a time; ≥ 1
    bool deadlines_first = false;
  };

  explicit StepPolicy(const Options& options) : options_(options) {}

  // Places in `candidates`, which is not empty, of those to step together at `now`; at least one.
  std::vector<size_t> Pick(absl::Span<const StepCandidate> candidates, absl::Duration now) const;

 private:
  Options options_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_STEP_POLICY_H_
