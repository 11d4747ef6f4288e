// Decides whose denoising step is computed next, and whose along with it.
#ifndef UNCLIP_COMMON_BATCHING_STEP_POLICY_H_
#define UNCLIP_COMMON_BATCHING_STEP_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip {

// When jobs may join those that are under way.
enum class Batching {
  kStep,     // at any step
  kRequest,  // never: a batch is made of the jobs that wait, and the next when all of it are done; what step-wise is compared
             // with
};

// What a job needs for its next step.
struct StepNeed {
  int group = 0;  // steps of one group may be computed together; a negative group's never; later stages have greater ones
  int rows = 1;   // samples that the step puts into the batch; ≥ 1
  int max_rows = std::numeric_limits<int>::max();   // of a step of its group; a job that alone has more is computed alone
  int64_t bytes = 0;                                // memory that its share of the step takes until the step is done; ≥ 0
  absl::Duration step = absl::ZeroDuration();       // a guess of the time that the step takes when computed alone
  absl::Duration remaining = absl::ZeroDuration();  // likewise of all its steps that are left
  const char* stage = "";                           // a literal: what the step is counted as
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
// Step by step: the job with the least remaining time goes first, less a tenth of the time since it arrived: short jobs pass long
// ones, which keeps the mean wait short, but none is passed for ever, as each waits only for those that arrived within ten times
// the lead that its length gives them. Jobs of the same group come along as long as there is room; one that does not fit keeps no
// other from it. Where that leaves lanes without a row, jobs of other groups are computed beside them, if their steps take about
// as long. With `deadlines_first` the nearest deadline goes first instead.
//
// By request: first come, first served; see Batching. Those of the least group are stepped first, so that the batch goes through
// the stages as one.
class StepPolicy {
 public:
  struct Options {
    Batching batching = Batching::kStep;
    int max_rows = 1;      // of a step; a job that alone has more is computed alone
    int max_started = 64;  // jobs that may hold memory at a time; ≥ 1
    int lanes = 1;         // threads of a step; jobs that have one each lose nothing to barriers; 1: no job is put on a lane
    int64_t max_step_bytes = std::numeric_limits<int64_t>::max();  // that a step's jobs may take together
    bool deadlines_first = false;
  };

  explicit StepPolicy(const Options& options) : options_(options) {}

  // Places in `candidates`, which is not empty, of those to step together at `now`; at least one.
  std::vector<size_t> Pick(absl::Span<const StepCandidate> candidates, absl::Duration now) const;

  // The remaining time of those of `candidates` that would go before `newcomer` if they were picked from at `now`.
  absl::Duration WorkBefore(absl::Span<const StepCandidate> candidates, const StepCandidate& newcomer, absl::Duration now) const;

 private:
  class Batch;

  bool GoesBefore(const StepCandidate& a, const StepCandidate& b, absl::Duration now) const;
  Batch PickStep(absl::Span<const StepCandidate> candidates, absl::Duration now) const;
  Batch PickLanes(absl::Span<const StepCandidate> candidates, absl::Span<const size_t> order, absl::Duration now) const;
  Batch PickRequests(absl::Span<const StepCandidate> candidates) const;

  Options options_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_STEP_POLICY_H_
