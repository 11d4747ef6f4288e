#include "gateway/http/http_metrics.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace unclip::gateway {

HttpMetrics::HttpMetrics(MetricsRegistry& registry)
    : requests_total_(registry.AddCounter("http_requests_total", "HTTP requests that were answered, by route and status.")),
      request_seconds_(
          registry.AddHistogram("http_request_seconds", "Time from an HTTP request's arrival to its answer, by route.")),
      in_flight_(registry.AddGauge("http_in_flight", "HTTP requests that have arrived and have no whole answer yet.").Add({})) {}

void HttpMetrics::Started() { in_flight_.Increment(); }

void HttpMetrics::Finished(absl::string_view route, int status, absl::Duration duration) {
  in_flight_.Decrement();
  requests_total_.Add({{"route", std::string(route)}, {"status", absl::StrCat(status)}}).Increment();
  request_seconds_.Add({{"route", std::string(route)}}, SecondsBuckets()).Observe(absl::ToDoubleSeconds(duration));
}

}  // namespace unclip::gateway
