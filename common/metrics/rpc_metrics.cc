#include "common/metrics/rpc_metrics.h"

#include <string>

namespace unclip {

RpcMetrics::RpcMetrics(MetricsRegistry& registry)
    : requests_total_(registry.AddCounter("requests_total", "Requests that ended, by RPC and canonical status code.")),
      request_seconds_(registry.AddHistogram("request_seconds", "Time from a request's arrival to its end, by RPC.")),
      in_flight_(registry.AddGauge("in_flight", "Requests that have arrived and not ended.").Add({})) {}

void RpcMetrics::Started() { in_flight_.Increment(); }

void RpcMetrics::Finished(absl::string_view method, absl::StatusCode code, absl::Duration duration) {
  in_flight_.Decrement();
  requests_total_.Add({{"method", std::string(method)}, {"code", absl::StatusCodeToString(code)}}).Increment();
  request_seconds_.Add({{"method", std::string(method)}}, SecondsBuckets()).Observe(absl::ToDoubleSeconds(duration));
}

}  // namespace unclip
