// Guesses when a full queue will have room.
#ifndef UNCLIP_COMMON_BATCHING_RETRY_ESTIMATOR_H_
#define UNCLIP_COMMON_BATCHING_RETRY_ESTIMATOR_H_

#include <array>
#include <cstddef>

#include "absl/time/time.h"

namespace unclip {

// Keeps the durations of the last jobs. Pure: no clock, no thread, no lock.
class RetryEstimator {
 public:
  // A job took this long.
  void Record(absl::Duration duration);

  // Time to advise a caller to wait when `waiting` jobs stand before it: half of them at the mean of the last jobs' durations (a
  // place comes free sooner, but then the queue is full again at once), at least 100 ms and at most 60 s; 1 s before any job
  // has ended.
  absl::Duration Estimate(int waiting) const;

 private:
  static constexpr size_t kWindow = 16;

  std::array<absl::Duration, kWindow> durations_ = {};
  size_t count_ = 0;  // jobs recorded since the start
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_RETRY_ESTIMATOR_H_
