// W3C trace context in the metadata of gRPC calls; see common/trace/trace_context.h.
#ifndef UNCLIP_COMMON_RPC_TRACE_METADATA_H_
#define UNCLIP_COMMON_RPC_TRACE_METADATA_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <optional>

#include "common/trace/trace_context.h"

namespace unclip {

// The caller's place in its trace; nothing when it sent none that is valid.
std::optional<TraceContext> TraceOf(const grpc::ServerContextBase& context);

// Sends `trace` along with an outgoing call. Call before the call starts.
void ForwardTrace(const TraceContext& trace, grpc::ClientContext* context);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_TRACE_METADATA_H_
