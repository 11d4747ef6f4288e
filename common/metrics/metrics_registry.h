// The Prometheus metrics of one process. Every name is `unclip_<service>_<what>_<unit>`; docs/observability.md lists them all,
// and a test beside each <service>_metrics file keeps that page and the code equal.
#ifndef UNCLIP_COMMON_METRICS_METRICS_REGISTRY_H_
#define UNCLIP_COMMON_METRICS_METRICS_REGISTRY_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace unclip {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

// Declares metrics. A fresh one declares, by itself,
//   start_time_seconds  gauge, when the process started, in seconds of the Unix epoch
//   build_info{version} gauge, always 1
// Declare everything while the process starts; the families and metrics are thread-safe and live as long as the registry.
class MetricsRegistry {
 public:
  // `service` is the middle of every name: "prior".
  explicit MetricsRegistry(absl::string_view service);

  // `what` is the name after the prefix ("requests_total"); `help` one sentence. Declare each name once.
  CounterFamily& AddCounter(absl::string_view what, const std::string& help);
  GaugeFamily& AddGauge(absl::string_view what, const std::string& help);
  HistogramFamily& AddHistogram(absl::string_view what, const std::string& help);

  const std::string& service() const { return service_; }

  // Full names of all that was declared, in order.
  const std::vector<std::string>& names() const { return names_; }

  // What a MetricsServer shows.
  const std::shared_ptr<prometheus::Registry>& prometheus_registry() const { return registry_; }

 private:
  std::string Declare(absl::string_view what);

  const std::string service_;
  const std::shared_ptr<prometheus::Registry> registry_;
  std::vector<std::string> names_;
};

// Buckets for times of a request or a stage, in seconds: 1 ms to 10 min.
prometheus::Histogram::BucketBoundaries SecondsBuckets();

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_METRICS_REGISTRY_H_
