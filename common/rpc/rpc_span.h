// Spans of RPCs, as OpenTelemetry's semantic conventions for gRPC describe them
// (https://opentelemetry.io/docs/specs/semconv/rpc/grpc/).
#ifndef UNCLIP_COMMON_RPC_RPC_SPAN_H_
#define UNCLIP_COMMON_RPC_RPC_SPAN_H_

#include <grpcpp/server_context.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "common/trace/span.h"

namespace unclip {

// `rpc` is the full name: "unclip.prior.v1.PriorService/SamplePrior".

// An RPC that came in; below the caller's span when there is one.
Span StartServerSpan(absl::string_view rpc, const grpc::ServerContextBase& context, const Clock* clock);

// An RPC that goes out.
Span StartClientSpan(absl::string_view rpc, const Trace& trace);

// Ends the span of an RPC that ended so. Which codes make the span an error is another matter for a server than for a client:
// NOT_FOUND, say, is its caller's mistake.
void EndServerSpan(const absl::Status& status, Span* span);
void EndClientSpan(const absl::Status& status, Span* span);

// "SamplePrior" of the above.
absl::string_view MethodOf(absl::string_view rpc);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_RPC_SPAN_H_
