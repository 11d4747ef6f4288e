// The one place where absl::Status and grpc::Status meet.
#ifndef UNCLIP_COMMON_RPC_STATUS_CONVERSION_H_
#define UNCLIP_COMMON_RPC_STATUS_CONVERSION_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace unclip {

// Longest message that goes over the wire. Headers of a call may take 8 KiB in all, and a message grows up to threefold when
// it is percent-encoded.
inline constexpr int kMaxStatusMessageBytes = 1024;

// Same code; the message is cut to kMaxStatusMessageBytes, and bytes that are not UTF-8 become '?'. Payloads do not pass.
grpc::Status ToGrpcStatus(const absl::Status& status);

// As above, and also writes the retry time of `status` (common/rpc/retry_info.h) to the trailing metadata of `context`. For
// finishing a call.
grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase* context);

// Same code and message. A code that gRPC does not know becomes UNKNOWN.
absl::Status FromGrpcStatus(const grpc::Status& status);

// As above, with the retry time of the finished call's trailing metadata.
absl::Status FromGrpcStatus(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_STATUS_CONVERSION_H_
