#include "gateway/http/http_span.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/trace/trace_context.h"
#include "common/trace/tracer.h"

namespace unclip::gateway {
namespace {

constexpr absl::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr absl::string_view kProbes[] = {"/healthz", "/readyz", "/metrics"};
constexpr absl::string_view kNoRoute = "other";
constexpr int kServersFault = 500;

std::vector<absl::string_view> ValuesOf(const HttpRequest& request, absl::string_view name) {
  std::vector<absl::string_view> values;
  for (const HttpHeader& header : request.headers) {
    if (absl::EqualsIgnoreCase(header.name, name)) values.emplace_back(header.value);
  }
  return values;
}

}  // namespace

Span StartHttpSpan(const HttpRequest& request, absl::string_view route, const Clock* clock) {
  std::optional<TraceContext> parent = ParseTraceHeaders(ValuesOf(request, kTraceParentKey), ValuesOf(request, kTraceStateKey));
  if (!parent.has_value() && absl::c_linear_search(kProbes, route)) {
    parent = TraceContext{.trace_id = NewTraceId(), .span_id = NewSpanId()};
  }
  // Anyone may send any method: one that is not known stands in no name.
  const bool is_known = absl::c_linear_search(kMethods, request.method);
  const std::string method = is_known ? request.method : "HTTP";
  const bool has_route = route != kNoRoute;
  Span span = Tracer::Process().StartRequest(has_route ? absl::StrCat(method, " ", route) : method, parent, clock);
  if (!span.is_recorded()) return span;
  span.SetAttribute("http.request.method", is_known ? request.method : "_OTHER");
  if (has_route) span.SetAttribute("http.route", std::string(route));
  span.SetAttribute("url.scheme", "http");
  return span;
}

void EndHttpSpan(int status, absl::string_view error, Span* span) {
  if (!span->is_recorded()) return;
  span->SetAttribute("http.response.status_code", int64_t{status});
  if (status >= kServersFault) {
    span->SetAttribute("error.type", absl::StrCat(status));
    span->SetError(error);
  }
  span->End();
}

}  // namespace unclip::gateway
