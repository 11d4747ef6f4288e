// A clock for tests, moved by hand.
#ifndef UNCLIP_BASE_FAKE_CLOCK_H_
#define UNCLIP_BASE_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace unclip {

// Stands still until Advance() is called. Thread-safe.
class FakeClock final : public Clock {
 public:
  absl::Duration Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Duration now_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
};

}  // namespace unclip

#endif  // UNCLIP_BASE_FAKE_CLOCK_H_
