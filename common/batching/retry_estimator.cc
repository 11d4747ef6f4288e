#include "common/batching/retry_estimator.h"

#include <algorithm>
#include <numeric>

namespace unclip {

void RetryEstimator::Record(absl::Duration duration) { durations_[count_++ % kWindow] = duration; }

absl::Duration RetryEstimator::Estimate(int waiting) const {
  if (count_ == 0) return absl::Seconds(1);
  const size_t held = std::min(count_, kWindow);
  const absl::Duration mean =
      std::accumulate(durations_.begin(), durations_.begin() + held, absl::ZeroDuration()) / static_cast<int64_t>(held);
  return std::clamp(mean * waiting / 2, absl::Milliseconds(100), absl::Seconds(60));
}

}  // namespace unclip
