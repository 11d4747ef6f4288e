// The messages of grpc.health.v1 by hand; Debian's gRPC ships no generated code for them.
//   HealthCheckRequest  { string service = 1; }
//   HealthCheckResponse { ServingStatus status = 1; }   UNKNOWN 0, SERVING 1, NOT_SERVING 2, SERVICE_UNKNOWN 3
#ifndef UNCLIP_COMMON_SERVER_HEALTH_WIRE_H_
#define UNCLIP_COMMON_SERVER_HEALTH_WIRE_H_

#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace unclip {

inline constexpr char kHealthCheckMethod[] = "/grpc.health.v1.Health/Check";
inline constexpr char kHealthWatchMethod[] = "/grpc.health.v1.Health/Watch";

// The service's name; nothing when the bytes are no HealthCheckRequest.
std::optional<std::string> ParseHealthRequest(const grpc::ByteBuffer& bytes);

// The status; nothing when the bytes are no HealthCheckResponse.
std::optional<int> ParseHealthResponse(const grpc::ByteBuffer& bytes);

grpc::ByteBuffer SerializeHealthRequest(absl::string_view service);
grpc::ByteBuffer SerializeHealthResponse(int status);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_HEALTH_WIRE_H_
