// For tests: one real gRPC call over loopback, to see what metadata and status look like at the other end.
#ifndef UNCLIP_COMMON_RPC_LOOPBACK_CALL_H_
#define UNCLIP_COMMON_RPC_LOOPBACK_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>

namespace unclip {

// Starts a server with one unary method that does what `handler` does, calls it once with `context`, and returns what the caller
// gets.
grpc::Status CallOverLoopback(grpc::ClientContext* context,
                              const std::function<grpc::Status(grpc::CallbackServerContext* context)>& handler);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_LOOPBACK_CALL_H_
