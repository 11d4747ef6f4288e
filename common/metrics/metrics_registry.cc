#include "common/metrics/metrics_registry.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/version.h"

namespace unclip {

MetricsRegistry::MetricsRegistry(absl::string_view service)
    : service_(service), registry_(std::make_shared<prometheus::Registry>()) {
  AddGauge("start_time_seconds", "When the process started, in seconds of the Unix epoch.")
      .Add({})
      .Set(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  AddGauge("build_info", "Always 1; the label tells the version of the program.").Add({{"version", kVersion}}).Set(1);
}

CounterFamily& MetricsRegistry::AddCounter(absl::string_view what, const std::string& help) {
  return prometheus::BuildCounter().Name(Declare(what)).Help(help).Register(*registry_);
}

GaugeFamily& MetricsRegistry::AddGauge(absl::string_view what, const std::string& help) {
  return prometheus::BuildGauge().Name(Declare(what)).Help(help).Register(*registry_);
}

HistogramFamily& MetricsRegistry::AddHistogram(absl::string_view what, const std::string& help) {
  return prometheus::BuildHistogram().Name(Declare(what)).Help(help).Register(*registry_);
}

std::string MetricsRegistry::Declare(absl::string_view what) {
  names_.push_back(absl::StrCat("unclip_", service_, "_", what));
  return names_.back();
}

prometheus::Histogram::BucketBoundaries SecondsBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 150, 300, 600};
}

}  // namespace unclip
