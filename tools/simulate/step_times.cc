#include "tools/simulate/step_times.h"

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace unclip::simulate {

absl::StatusOr<StepTimes> StepTimes::Create(std::map<int, double> seconds) {
  if (seconds.empty()) return absl::InvalidArgumentError("a table of step times has no entry");
  for (const auto& [rows, time] : seconds) {
    if (rows >= 1 && time > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("a table of step times says ", time, " s of ", rows, " rows; both must be above 0"));
  }
  return StepTimes(std::move(seconds));
}

absl::Duration StepTimes::Of(int rows) const {
  const auto& [first_rows, first] = *seconds_.begin();
  const auto& [last_rows, last] = *seconds_.rbegin();
  if (rows <= first_rows) return absl::Seconds(first);
  if (seconds_.size() == 1) return absl::Seconds(first * rows / first_rows);
  auto above = seconds_.lower_bound(rows);
  if (above == seconds_.end()) --above;
  const auto below = std::prev(above);
  const double slope = (above->second - below->second) / (above->first - below->first);
  const double time = below->second + slope * (rows - below->first);
  return absl::Seconds(rows > last_rows ? std::max(last, time) : time);
}

}  // namespace unclip::simulate
