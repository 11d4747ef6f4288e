#include "common/trace/trace_metrics.h"

namespace unclip {

TraceMetrics::TraceMetrics(MetricsRegistry& registry)
    : exported_(registry.AddCounter("spans_exported_total", "Spans that the collector took.").Add({})) {
  CounterFamily& dropped = registry.AddCounter("spans_dropped_total", "Spans that the collector did not get, by reason.");
  int i = 0;
  for (const char* reason : {"queue_full", "failed", "refused", "shut_down"}) dropped_[i++] = &dropped.Add({{"reason", reason}});
}

}  // namespace unclip
