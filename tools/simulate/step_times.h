// How long a denoising step takes, by the rows that it computes.
#ifndef UNCLIP_TOOLS_SIMULATE_STEP_TIMES_H_
#define UNCLIP_TOOLS_SIMULATE_STEP_TIMES_H_

#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace unclip::simulate {

// A measured table. Immutable.
class StepTimes {
 public:
  // `seconds` by rows. INVALID_ARGUMENT when there are none, or one has less than one row or no time above 0.
  static absl::StatusOr<StepTimes> Create(std::map<int, double> seconds);

  // Between two measured numbers of rows on the line through them; below the least its time, as less is not known to be faster;
  // beyond the greatest on the line through the last two, but never below the last; from a single one on in proportion.
  absl::Duration Of(int rows) const;

 private:
  explicit StepTimes(std::map<int, double> seconds) : seconds_(std::move(seconds)) {}

  std::map<int, double> seconds_;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_STEP_TIMES_H_
