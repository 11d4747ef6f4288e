// What became of the spans that a process recorded; docs/observability.md lists the metrics.
#ifndef UNCLIP_COMMON_TRACE_TRACE_METRICS_H_
#define UNCLIP_COMMON_TRACE_TRACE_METRICS_H_

#include <cstddef>

#include "common/metrics/metrics_registry.h"

namespace unclip {

// Why spans were dropped.
enum class SpanDrop {
  kQueueFull,  // they came faster than the collector took them
  kFailed,     // the collector was away, or busy, for too long
  kRefused,    // the collector would not have them
  kShutDown,   // the process ended before they were sent
};

// Declares
//   spans_exported_total          counter, spans that the collector took
//   spans_dropped_total{reason}   counter, spans that it did not get
// Thread-safe.
class TraceMetrics {
 public:
  explicit TraceMetrics(MetricsRegistry& registry);

  void Exported(size_t count) { exported_.Increment(static_cast<double>(count)); }
  void Dropped(SpanDrop reason, size_t count) { dropped_[static_cast<int>(reason)]->Increment(static_cast<double>(count)); }

 private:
  prometheus::Counter& exported_;
  prometheus::Counter* dropped_[4] = {};  // by SpanDrop
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_TRACE_METRICS_H_
