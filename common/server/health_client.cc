#include "common/server/health_client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/status_conversion.h"
#include "common/server/health_wire.h"

namespace unclip {

absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel, const std::string& service, absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  context.set_wait_for_ready(true);
  const grpc::internal::RpcMethod method(kHealthCheckMethod, grpc::internal::RpcMethod::NORMAL_RPC, channel);
  grpc::ByteBuffer response;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel.get(), method, &context, SerializeHealthRequest(service), &response);
  if (!status.ok()) return FromGrpcStatus(status);
  const std::optional<int> serving = ParseHealthResponse(response);
  if (serving == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("health of \"", service, "\" is ", serving.value_or(0), ", not SERVING"));
}

}  // namespace unclip
