// When to try again. A RESOURCE_EXHAUSTED status carries the time as a payload through our layers, and as trailing metadata over
// the wire: `retry-after-ms` for people and HTTP front ends, `grpc-retry-pushback-ms` for gRPC's own retries.
#ifndef UNCLIP_COMMON_RPC_RETRY_INFO_H_
#define UNCLIP_COMMON_RPC_RETRY_INFO_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace unclip {

inline constexpr char kRetryAfterKey[] = "retry-after-ms";
inline constexpr char kRetryPushbackKey[] = "grpc-retry-pushback-ms";

// Attaches the time to wait, rounded up to whole milliseconds, at least 1 and at most a day. `status` must not be OK.
void SetRetryAfter(absl::Duration delay, absl::Status* status);

// The time attached, if any.
std::optional<absl::Duration> GetRetryAfter(const absl::Status& status);

// Server side: writes the time attached to `status`, if any, to the trailing metadata. Call before the call is finished.
void AddRetryMetadata(const absl::Status& status, grpc::ServerContextBase* context);

// Client side: attaches to `status` the time in the trailing metadata of a finished call, if there is a readable one.
void ReadRetryMetadata(const grpc::ClientContext& context, absl::Status* status);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_RETRY_INFO_H_
