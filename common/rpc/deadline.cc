#include "common/rpc/deadline.h"

#include <chrono>

namespace unclip {

absl::Duration DeadlineOf(const grpc::ServerContextBase& context, const Clock& clock) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  // gRPC says "none" by the far end of time; the difference to now would overflow nanoseconds near it.
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteDuration();
  return clock.Now() + absl::FromChrono(deadline - std::chrono::system_clock::now());
}

}  // namespace unclip
