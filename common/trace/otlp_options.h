// Where spans go, by flag and by the environment variables that OpenTelemetry's SDKs read
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
#ifndef UNCLIP_COMMON_TRACE_OTLP_OPTIONS_H_
#define UNCLIP_COMMON_TRACE_OTLP_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/trace/otlp_json.h"

namespace unclip {

struct OtlpOptions {
  std::string url;  // that spans are posted to; empty: nowhere
  std::vector<std::pair<std::string, std::string>> headers;
  OtlpResource resource;
};

// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// `endpoint` is the flag --otlp_endpoint, and `process` the name of the process: "prior". In this order:
//   address     OTEL_SDK_DISABLED=true: nowhere; `endpoint` + /v1/traces; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
//               OTEL_EXPORTER_OTLP_ENDPOINT + /v1/traces; nowhere
//   headers     OTEL_EXPORTER_OTLP_TRACES_HEADERS, else OTEL_EXPORTER_OTLP_HEADERS: a=1,b=2, with %XX for what has a meaning
//   there resource    service.name ("unclip-prior"), service.version, service.instance.id (random, new with each process);
//               OTEL_RESOURCE_ATTRIBUTES, written like headers, goes before these, and OTEL_SERVICE_NAME before all
// INVALID_ARGUMENT naming the flag or variable that cannot be read. Headers may be secrets, so their text is never in it.
absl::StatusOr<OtlpOptions> MakeOtlpOptions(absl::string_view endpoint, absl::string_view process,
                                            const Environment& environment);

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_OTLP_OPTIONS_H_
