// How the gateway calls the services behind it: deadline, cancellation, request id and trace of the request go along, and a call
// that a replica lost is issued again.
//
// gRPC itself retries a call that failed with UNAVAILABLE before a replica had begun to answer (common/rpc/channel.h). What is
// left for here: a stream that broke after its first message, and a call that ended with CANCELLED though nobody here cancelled
// it, which is how a gRPC 1.51 server that shuts down ends a few of its calls. Both are safe to issue again, as the same request
// with the same seed gives the same result; at most kMaxAttempts times in all.
#ifndef UNCLIP_GATEWAY_CLIENTS_UPSTREAM_CALL_H_
#define UNCLIP_GATEWAY_CLIENTS_UPSTREAM_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/request_context.h"

namespace unclip::gateway {

// Times a call is issued at most.
inline constexpr int kMaxAttempts = 3;

// A service that is called.
struct UpstreamName {
  std::string name;                            // "prior"
  std::string target = {};                     // as the operator gave it: "dns:///prior:50051"
  std::function<void()> on_reissue = nullptr;  // called when a call is issued again; thread-safe, must not block; may be null
};

// What came of issuing a call once.
struct CallOutcome {
  grpc::Status status;
  bool answered = false;      // a message had arrived, so that gRPC could not retry by itself
  absl::Status refusal = {};  // not OK when we gave the call up over what arrived; the call then ends with this
};

// `rpc` is the method's full name: "unclip.prior.v1.PriorService/SamplePrior". Each time that it is issued is a span, when the
// request has a trace; what the gateway asks for itself is in none, and says so, so that the service begins none either.
//
// Runs `issue`, which makes the call with the context it gets and waits for its end, again when the call was lost. The result is
// OK, the refusal, the reason of the request's cancellation, or the call's error with the service's name put before its message:
// - UNAVAILABLE    "the prior service (dns:///prior:50051) is not up: ..."
// - INVALID_ARGUMENT, RESOURCE_EXHAUSTED (with its retry time), DEADLINE_EXCEEDED, INTERNAL as they came
// - all others as INTERNAL: the caller of the gateway can do nothing about them.
absl::Status CallUpstream(const UpstreamName& upstream, absl::string_view rpc, const RequestContext& request,
                          const std::function<CallOutcome(grpc::ClientContext*)>& issue);

// Reads a stream to its end. When `on_message` returns an error, the call is cancelled and that error becomes the refusal.
template <typename Response>
CallOutcome ReadStream(grpc::ClientReader<Response>& reader, grpc::ClientContext* context,
                       const std::function<absl::Status(Response)>& on_message) {
  CallOutcome outcome;
  Response response;
  while (reader.Read(&response)) {
    outcome.answered = true;
    if (!outcome.refusal.ok()) continue;  // what was under way when we cancelled
    outcome.refusal = on_message(std::move(response));
    if (!outcome.refusal.ok()) context->TryCancel();
    response = Response();
  }
  outcome.status = reader.Finish();
  return outcome;
}

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_UPSTREAM_CALL_H_
