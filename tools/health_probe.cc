#include "tools/health_probe.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include "common/server/health_wire.h"

namespace unclip {
namespace {

constexpr int kServing = 1;  // of HealthCheckResponse.ServingStatus

}  // namespace

bool IsServing(const std::string& address, absl::Duration timeout) {
  grpc::ChannelArguments arguments;
  // Otherwise gRPC shares a connection, and its reconnect delay, with earlier channels to the same address.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::GenericStub stub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, kHealthCheckMethod, SerializeHealthRequest(""), &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  bool ignored = false;
  while (queue.Next(&tag, &ignored)) {
  }
  return ok && status.ok() && ParseHealthResponse(response) == kServing;
}

}  // namespace unclip
