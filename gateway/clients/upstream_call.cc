#include "gateway/clients/upstream_call.h"

#include <grpc/support/time.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/request_id.h"
#include "common/rpc/retry_info.h"
#include "common/rpc/rpc_span.h"
#include "common/rpc/status_conversion.h"
#include "common/rpc/trace_metadata.h"
#include "common/trace/span.h"
#include "common/trace/trace_context.h"

namespace unclip::gateway {
namespace {

// OK while `request` is worth a call.
absl::Status CheckRequest(const UpstreamName& upstream, const RequestContext& request) {
  RETURN_IF_ERROR(request.cancellation->status());
  if (request.remaining() > absl::ZeroDuration()) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the deadline passed before the ", upstream.name, " service was called"));
}

void PrepareContext(const RequestContext& request, const Span& span, grpc::ClientContext* context) {
  ForwardRequestId(request.request_id, context);
  const TraceContext& trace = span.trace().context();
  ForwardTrace(trace.trace_id.is_valid() ? trace : TraceContext{.trace_id = NewTraceId(), .span_id = NewSpanId()}, context);
  const absl::Duration remaining = request.remaining();
  if (remaining == absl::InfiniteDuration()) return;
  // On the monotonic clock: setting the wall clock must not move a deadline.
  context->set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(absl::ToInt64Nanoseconds(remaining), GPR_TIMESPAN)));
}

bool WasLost(const CallOutcome& outcome) {
  return outcome.status.error_code() == grpc::StatusCode::CANCELLED ||
         (outcome.status.error_code() == grpc::StatusCode::UNAVAILABLE && outcome.answered);
}

absl::Status Describe(const UpstreamName& upstream, const absl::Status& status) {
  const auto with_code = [&](absl::StatusCode code, const char* what) {
    return absl::Status(code,
                        absl::StrCat("the ", upstream.name, " service (", upstream.target, ") ", what, ": ", status.message()));
  };
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return with_code(status.code(), "is not up");
    case absl::StatusCode::kCancelled:
      return with_code(absl::StatusCode::kUnavailable, "ended the call unasked, again and again");
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kInternal:
      return with_code(status.code(), "says");
    case absl::StatusCode::kDeadlineExceeded:
      return with_code(status.code(), "did not finish in time");
    case absl::StatusCode::kResourceExhausted: {
      absl::Status described = with_code(status.code(), "is full");
      if (const auto delay = GetRetryAfter(status); delay.has_value()) SetRetryAfter(*delay, &described);
      return described;
    }
    default:
      return with_code(absl::StatusCode::kInternal,
                       absl::StrCat("failed with ", absl::StatusCodeToString(status.code())).c_str());
  }
}

}  // namespace

absl::Status CallUpstream(const UpstreamName& upstream, absl::string_view rpc, const RequestContext& request,
                          const std::function<CallOutcome(grpc::ClientContext*)>& issue) {
  for (int attempt = 1;; ++attempt) {
    RETURN_IF_ERROR(CheckRequest(upstream, request));
    grpc::ClientContext context;
    Span span = StartClientSpan(rpc, request.trace);
    PrepareContext(request, span, &context);
    CallOutcome outcome;
    {
      const Cancellation::Hook hook(request.cancellation, [&context] { context.TryCancel(); });
      outcome = issue(&context);
    }
    EndClientSpan(FromGrpcStatus(outcome.status), &span);
    if (!outcome.refusal.ok()) return outcome.refusal;
    if (outcome.status.ok()) return absl::OkStatus();
    RETURN_IF_ERROR(request.cancellation->status());
    if (!WasLost(outcome) || attempt == kMaxAttempts) {
      return Describe(upstream, FromGrpcStatus(outcome.status, context));
    }
    LogWarning("call lost, issued again", {{"request_id", request.request_id},
                                           {"trace_id", request.trace.trace_id()},
                                           {"span_id", request.trace.span_id()},
                                           {"upstream", upstream.name},
                                           {"attempt", attempt},
                                           {"error", outcome.status.error_message()}});
    if (upstream.on_reissue) upstream.on_reissue();
  }
}

}  // namespace unclip::gateway
