// A clock that can be replaced in tests.
#ifndef UNCLIP_BASE_CLOCK_H_
#define UNCLIP_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace unclip {

// Tells the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Time since an arbitrary start; never goes back, and is not moved when the wall clock is set. For deadlines and durations.
  virtual absl::Duration Now() const = 0;

  // The machine's own monotonic clock; lives for ever.
  static const Clock& Real();
};

}  // namespace unclip

#endif  // UNCLIP_BASE_CLOCK_H_
