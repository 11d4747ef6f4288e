// For tests: what TraceMetrics counted.
#ifndef UNCLIP_COMMON_TRACE_DROPPED_SPANS_H_
#define UNCLIP_COMMON_TRACE_DROPPED_SPANS_H_

#include <string>

#include "absl/strings/match.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// Spans that were dropped for `reason`; -1 when there is no such reason.
inline double DroppedSpans(const MetricsRegistry& registry, const std::string& reason) {
  for (const prometheus::MetricFamily& family : registry.prometheus_registry()->Collect()) {
    if (!absl::EndsWith(family.name, "_spans_dropped_total")) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (metric.label.front().value == reason) return metric.counter.value;
    }
  }
  return -1;
}

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_DROPPED_SPANS_H_
