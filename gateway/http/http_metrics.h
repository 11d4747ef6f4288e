// The metrics of the gateway's HTTP server; docs/observability.md lists them.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_METRICS_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_METRICS_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"

namespace unclip::gateway {

// Declares
//   http_requests_total{route,status}  counter, requests that were answered, by route and status
//   http_request_seconds{route}        histogram, time from a request's arrival until its answer was given to the connection
//   http_in_flight                     gauge, requests that have arrived and have no whole answer yet
// Thread-safe.
class HttpMetrics {
 public:
  explicit HttpMetrics(MetricsRegistry& registry);

  void Started();

  // `route` is one of a few: the pattern ("/v1/jobs/{id}"), never the path.
  void Finished(absl::string_view route, int status, absl::Duration duration);

 private:
  CounterFamily& requests_total_;
  HistogramFamily& request_seconds_;
  prometheus::Gauge& in_flight_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_METRICS_H_
