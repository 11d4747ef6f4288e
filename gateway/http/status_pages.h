// What GET tells about the gateway: its models, what they can do, whether it is well.
#ifndef UNCLIP_GATEWAY_HTTP_STATUS_PAGES_H_
#define UNCLIP_GATEWAY_HTTP_STATUS_PAGES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/http/http_call.h"
#include "gateway/upstreams.h"

namespace unclip::gateway {

// The pointers must outlive the pages.
struct StatusPagesOptions {
  const GenerationDispatcher* dispatcher = nullptr;
  const MetricsRegistry* metrics = nullptr;
  std::vector<std::string> examples = {};  // prompts that suit the loaded model
};

// Thread-safe.
class StatusPages {
 public:
  explicit StatusPages(const StatusPagesOptions& options);

  // Which services are up, whenever that changes.
  void SetUp(const UpstreamsUp& up) ABSL_LOCKS_EXCLUDED(mutex_);

  // GET /v1/models and /v1/models/{id}.
  void ServeModels(HttpCall& call) const;
  void ServeModel(const std::string& id, HttpCall& call) const;

  // GET /v1/capabilities: 503 until every service has been reached once.
  void ServeCapabilities(HttpCall& call) const ABSL_LOCKS_EXCLUDED(mutex_);

  // GET /healthz: the process lives. GET /readyz: 503 while a service is away.
  void ServeHealth(HttpCall& call) const;
  void ServeReadiness(HttpCall& call) const ABSL_LOCKS_EXCLUDED(mutex_);

  // GET /metrics, in Prometheus's text format.
  void ServeMetrics(HttpCall& call) const;

 private:
  std::string ServicesJson() const ABSL_LOCKS_EXCLUDED(mutex_);

  const StatusPagesOptions options_;
  const int64_t start_;  // seconds of the Unix epoch

  mutable absl::Mutex mutex_;
  UpstreamsUp up_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STATUS_PAGES_H_
