// Request ids: one name for a request in the logs of every service that it reaches.
#ifndef UNCLIP_COMMON_RPC_REQUEST_ID_H_
#define UNCLIP_COMMON_RPC_REQUEST_ID_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

// The metadata key that carries it.
inline constexpr char kRequestIdKey[] = "x-request-id";

// Whether `id` is 1 to 128 visible ASCII characters (no space).
bool IsValidRequestId(absl::string_view id);

// A new one: 32 random hexadecimal digits. Thread-safe.
std::string NewRequestId();

// The id that the caller sent, or a new one when it sent none. INVALID_ARGUMENT when it sent one that is not valid, or several.
absl::StatusOr<std::string> RequestIdOf(const grpc::ServerContextBase& context);

// Sends `id` along with an outgoing call. Call before the call starts.
void ForwardRequestId(absl::string_view id, grpc::ClientContext* context);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_REQUEST_ID_H_
