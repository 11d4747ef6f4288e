// For tests: asks a server's grpc.health.v1.Health service.
#ifndef UNCLIP_COMMON_SERVER_HEALTH_CLIENT_H_
#define UNCLIP_COMMON_SERVER_HEALTH_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace unclip {

// OK when `service` ("" for the whole server) is SERVING. FAILED_PRECONDITION when it is not, NOT_FOUND when the server does not
// know it, else the error of the call (UNAVAILABLE, DEADLINE_EXCEEDED). Blocks for up to `timeout`, for a connection as well.
absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel, const std::string& service, absl::Duration timeout);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_HEALTH_CLIENT_H_
