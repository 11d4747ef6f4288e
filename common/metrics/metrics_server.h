// Serves a process's metrics over HTTP at /metrics, in Prometheus's text format, and its debug pages under /debug/.
#ifndef UNCLIP_COMMON_METRICS_METRICS_SERVER_H_
#define UNCLIP_COMMON_METRICS_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/debug/debug_pages.h"
#include "common/metrics/metrics_registry.h"

namespace prometheus {
class Exposer;
}

namespace unclip {

// Listens from Start() until it is destroyed.
class MetricsServer {
 public:
  // `address` is HOST:PORT, port 0 for any free one. INVALID_ARGUMENT when it is malformed, UNAVAILABLE when it cannot be bound.
  // What `debug` refers to must outlive the server.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address, const MetricsRegistry& registry,
                                                              DebugSources debug = {});

  ~MetricsServer();

  // HOST:PORT with the port that was bound.
  const std::string& address() const { return address_; }

 private:
  explicit MetricsServer(std::shared_ptr<prometheus::Registry> registry, DebugSources debug);

  const std::shared_ptr<prometheus::Registry> registry_;
  const DebugSources debug_;
  std::string address_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_METRICS_SERVER_H_
