// The metrics that every RPC server has.
#ifndef UNCLIP_COMMON_METRICS_RPC_METRICS_H_
#define UNCLIP_COMMON_METRICS_RPC_METRICS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// Declares
//   requests_total{method,code}  counter, requests that ended, by RPC and canonical code
//   request_seconds{method}      histogram, time from a request's arrival to its end
//   in_flight                    gauge, requests that have arrived and not ended
// Thread-safe.
class RpcMetrics {
 public:
  explicit RpcMetrics(MetricsRegistry& registry);

  // A request arrived.
  void Started();

  // It ended. `method` is the RPC's name without the service: "SamplePrior".
  void Finished(absl::string_view method, absl::StatusCode code, absl::Duration duration);

 private:
  CounterFamily& requests_total_;
  HistogramFamily& request_seconds_;
  prometheus::Gauge& in_flight_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_RPC_METRICS_H_
