// The command line flags of tracing: --otlp_endpoint --trace_sample_ratio.
#ifndef UNCLIP_COMMON_SERVER_TRACE_FLAGS_H_
#define UNCLIP_COMMON_SERVER_TRACE_FLAGS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/trace/span_exporter.h"
#include "common/trace/trace_metrics.h"

namespace unclip {

// Records the process's requests for as long as it lives; its end sends what is left, as SpanExporter::Shutdown() does.
class TraceExport {
 public:
  explicit TraceExport(std::shared_ptr<SpanExporter> exporter) : exporter_(std::move(exporter)) {}
  ~TraceExport();
  TraceExport(const TraceExport&) = delete;
  TraceExport& operator=(const TraceExport&) = delete;

 private:
  const std::shared_ptr<SpanExporter> exporter_;
};

// Starts what the flags and the environment say (common/trace/otlp_options.h), after ParseServerCommandLine(); null when that is
// nothing. `process` is "prior"; `metrics` must outlive the export, and that the server. UsageError for what cannot be read.
absl::StatusOr<std::unique_ptr<TraceExport>> StartTraceExportFromFlags(const std::string& process, TraceMetrics* metrics);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_TRACE_FLAGS_H_
