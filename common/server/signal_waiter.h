// Waits for SIGTERM and SIGINT on an ordinary thread.
#ifndef UNCLIP_COMMON_SERVER_SIGNAL_WAITER_H_
#define UNCLIP_COMMON_SERVER_SIGNAL_WAITER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace unclip {

// While one exists, the first SIGTERM or SIGINT wakes Wait(), and a second one ends the process at once with 128 + its number.
// The handler itself only counts and writes to an eventfd: taking a server down inside a handler deadlocks.
class SignalWaiter {
 public:
  // FAILED_PRECONDITION when there is one already, INTERNAL when the system refuses.
  static absl::StatusOr<std::unique_ptr<SignalWaiter>> Install();

  // Puts the former handlers back.
  ~SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // Waits for the first signal or for Wake(). Returns the signal's number, or 0 for Wake().
  int Wait();

  // Makes Wait() return. Thread-safe.
  void Wake();

 private:
  SignalWaiter() = default;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_SIGNAL_WAITER_H_
