#include "common/server/trace_flags.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/server/run_main.h"
#include "common/trace/http_poster.h"
#include "common/trace/otlp_options.h"
#include "common/trace/tracer.h"

ABSL_FLAG(std::string, otlp_endpoint, "",
          "http://HOST:4318 of an OpenTelemetry collector to send spans to, as JSON over HTTP; empty: where "
          "OTEL_EXPORTER_OTLP_ENDPOINT says, or nowhere");
ABSL_FLAG(double, trace_sample_ratio, 1,
          "share of the traces begun here that are recorded, 0 to 1; of others, their callers decide");

namespace unclip {
namespace {

std::optional<std::string> ReadEnvironment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets any
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

TraceExport::~TraceExport() {
  Tracer::Process().Record(nullptr, 0);
  exporter_->Shutdown();
}

absl::StatusOr<std::unique_ptr<TraceExport>> StartTraceExportFromFlags(const std::string& process, TraceMetrics* metrics) {
  const double ratio = absl::GetFlag(FLAGS_trace_sample_ratio);
  if (!std::isfinite(ratio) || ratio < 0 || ratio > 1) {
    return UsageError(absl::StrCat("--trace_sample_ratio is ", ratio, "; it must be 0 to 1"));
  }
  absl::StatusOr<OtlpOptions> otlp = MakeOtlpOptions(absl::GetFlag(FLAGS_otlp_endpoint), process, ReadEnvironment);
  if (!otlp.ok()) return UsageError(otlp.status().message());
  if (otlp->url.empty()) return nullptr;
  LogInfo("exporting spans",
          {{"url", otlp->url}, {"sample_ratio", ratio}, {"instance_id", otlp->resource.at("service.instance.id")}});
  auto exporter = std::make_shared<SpanExporter>(SpanExporterOptions{.resource = std::move(otlp->resource)},
                                                 NewHttpPoster(otlp->url, otlp->headers), metrics);
  Tracer::Process().Record(exporter, ratio);
  return std::make_unique<TraceExport>(std::move(exporter));
}

}  // namespace unclip
