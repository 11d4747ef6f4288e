#include "common/rpc/loopback_call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

constexpr char kMethod[] = "/unclip.testing.Loopback/Call";

class LoopbackService final : public grpc::Service {
 public:
  explicit LoopbackService(const std::function<grpc::Status(grpc::CallbackServerContext*)>& handler) {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(
        0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [&handler](grpc::CallbackServerContext* context, const grpc::ByteBuffer*, grpc::ByteBuffer* response) {
                 const grpc::Slice empty("");
                 *response = grpc::ByteBuffer(&empty, 1);
                 grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
                 reactor->Finish(handler(context));
                 return reactor;
               }));
  }
};

}  // namespace

grpc::Status CallOverLoopback(grpc::ClientContext* context,
                              const std::function<grpc::Status(grpc::CallbackServerContext* context)>& handler) {
  LoopbackService service(handler);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return grpc::Status(grpc::StatusCode::UNKNOWN, "no loopback server");
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  const grpc::internal::RpcMethod method(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, channel);
  const grpc::Slice empty("");
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(channel.get(), method, context, request,
                                                                               &response);
}

}  // namespace unclip
