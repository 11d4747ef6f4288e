// A call's deadline on our clock.
#ifndef UNCLIP_COMMON_RPC_DEADLINE_H_
#define UNCLIP_COMMON_RPC_DEADLINE_H_

#include <grpcpp/server_context.h>

#include "absl/time/time.h"
#include "base/clock.h"

namespace unclip {

// When the call must be answered, on the scale of `clock`.Now(); absl::InfiniteDuration() when the caller set no deadline.
absl::Duration DeadlineOf(const grpc::ServerContextBase& context, const Clock& clock);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_DEADLINE_H_
