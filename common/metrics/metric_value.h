// For tests: what a metric says now.
#ifndef UNCLIP_COMMON_METRICS_METRIC_VALUE_H_
#define UNCLIP_COMMON_METRICS_METRIC_VALUE_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// The sum over all labels of a gauge or counter, or of a histogram's counts. `what` is the name after the prefix: "in_flight". 0
// when nothing was counted yet.
inline double MetricValue(const MetricsRegistry& registry, absl::string_view what) {
  const std::string name = absl::StrCat("unclip_", registry.service(), "_", what);
  double sum = 0;
  for (const prometheus::MetricFamily& family : registry.prometheus_registry()->Collect()) {
    if (family.name != name) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      sum += metric.gauge.value + metric.counter.value + static_cast<double>(metric.histogram.sample_count);
    }
  }
  return sum;
}

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_METRIC_VALUE_H_
