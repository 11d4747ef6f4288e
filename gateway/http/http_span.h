// Spans of HTTP requests, as OpenTelemetry's semantic conventions for HTTP describe them
// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_SPAN_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_SPAN_H_

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "common/trace/span.h"
#include "gateway/http/http_message.h"

namespace unclip::gateway {

// A request that came in for `route` ("/v1/jobs/{id}", or "other"); below the caller's span when there is one. What is asked for
// every few seconds to see how we are (/healthz, /readyz, /metrics) is recorded only when the caller says so. The path is not
// told: it may name a picture, whose name is all that is needed to get it.
Span StartHttpSpan(const HttpRequest& request, absl::string_view route, const Clock* clock);

// Ends the span of a request that was answered with `status`. Only 500 and above make it an error, `error` then saying why.
void EndHttpSpan(int status, absl::string_view error, Span* span);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_SPAN_H_
