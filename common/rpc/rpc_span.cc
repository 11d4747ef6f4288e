#include "common/rpc/rpc_span.h"

#include <cstdint>
#include <string>

#include "common/rpc/trace_metadata.h"
#include "common/trace/tracer.h"

namespace unclip {
namespace {

void SetNames(absl::string_view rpc, Span* span) {
  if (!span->is_recorded()) return;
  const size_t slash = rpc.rfind('/');
  span->SetAttribute("rpc.system", "grpc");
  if (slash != absl::string_view::npos) span->SetAttribute("rpc.service", std::string(rpc.substr(0, slash)));
  span->SetAttribute("rpc.method", std::string(MethodOf(rpc)));
}

// Of the codes, those that say that the server is at fault.
bool IsServersFault(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

void EndSpan(const absl::Status& status, bool is_error, Span* span) {
  if (!span->is_recorded()) return;
  span->SetAttribute("rpc.grpc.status_code", static_cast<int64_t>(status.code()));
  if (is_error) {
    span->SetAttribute("error.type", absl::StatusCodeToString(status.code()));
    span->SetError(status.message());
  }
  span->End();
}

}  // namespace

absl::string_view MethodOf(absl::string_view rpc) {
  const size_t slash = rpc.rfind('/');
  return slash == absl::string_view::npos ? rpc : rpc.substr(slash + 1);
}

Span StartServerSpan(absl::string_view rpc, const grpc::ServerContextBase& context, const Clock* clock) {
  Span span = Tracer::Process().StartRequest(rpc, TraceOf(context), clock);
  SetNames(rpc, &span);
  return span;
}

Span StartClientSpan(absl::string_view rpc, const Trace& trace) {
  Span span = trace.StartSpan(rpc, SpanKind::kClient);
  SetNames(rpc, &span);
  return span;
}

void EndServerSpan(const absl::Status& status, Span* span) { EndSpan(status, IsServersFault(status.code()), span); }

void EndClientSpan(const absl::Status& status, Span* span) { EndSpan(status, !status.ok(), span); }

}  // namespace unclip
