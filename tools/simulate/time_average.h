// The mean of a number over time.
#ifndef UNCLIP_TOOLS_SIMULATE_TIME_AVERAGE_H_
#define UNCLIP_TOOLS_SIMULATE_TIME_AVERAGE_H_

#include "absl/time/time.h"

namespace unclip::simulate {

// 0 at the start. Not thread-safe.
class TimeAverage {
 public:
  // From `now` on, which never goes back.
  void Add(int change, absl::Duration now) {
    sum_ = Sum(now);
    value_ += change;
    changed_ = now;
  }

  int value() const { return value_; }
  // The value times the time it had, until `now`.
  absl::Duration Sum(absl::Duration now) const { return sum_ + (now - changed_) * value_; }

 private:
  int value_ = 0;
  absl::Duration changed_;
  absl::Duration sum_;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_TIME_AVERAGE_H_
