// The gateway's HTTP side put together: server, routes and what they need.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_GATEWAY_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_GATEWAY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/http/http_metrics.h"
#include "gateway/http/http_router.h"
#include "gateway/http/http_server.h"
#include "gateway/http/images_handler.h"
#include "gateway/http/jobs/job_metrics.h"
#include "gateway/http/jobs/job_runner.h"
#include "gateway/http/jobs/job_table.h"
#include "gateway/http/jobs_handler.h"
#include "gateway/http/status_pages.h"
#include "gateway/http/store/idempotency_cache.h"
#include "gateway/http/store/image_store.h"
#include "gateway/upstreams.h"
#include "gateway/worker_pool.h"

namespace unclip::gateway {

struct HttpGatewayOptions {
  HttpServerOptions server = {};
  ImageStoreOptions image_store = {};
  JobTableOptions jobs = {};
  int max_running_jobs = 8;                             // side by side; more wait
  std::vector<std::string> examples = {};               // prompts that suit the loaded model
  absl::Duration default_deadline = absl::Minutes(10);  // for callers that set none
};

class HttpGateway {
 public:
  // Binds and serves. `dispatcher` and `metrics` must outlive the gateway. INVALID_ARGUMENT, UNAVAILABLE or FAILED_PRECONDITION
  // naming the flag that cannot be as it is.
  static absl::StatusOr<std::unique_ptr<HttpGateway>> Start(const HttpGatewayOptions& options, GenerationDispatcher* dispatcher,
                                                            MetricsRegistry& metrics);

  // Stops. The dispatcher must have been drained before.
  ~HttpGateway();

  // HOST:PORT with the port that was bound.
  const std::string& address() const { return server_->address(); }

  // What it serves.
  const HttpRouter& router() const { return router_; }

  // Which services are up, whenever that changes. Thread-safe.
  void SetUp(const UpstreamsUp& up) { pages_.SetUp(up); }

  // Starts no job any more and ends those that wait; before the dispatcher is drained.
  void BeginStop();

  // Ends the server; answers that are ready are still sent. After the dispatcher was drained. Harmless twice.
  void Stop() { server_->Stop(); }

 private:
  HttpGateway(const HttpGatewayOptions& options, GenerationDispatcher* dispatcher, MetricsRegistry& metrics,
              std::unique_ptr<ImageStore> store);

  void AddImageRoutes();
  void AddJobRoutes();
  void AddPages();

  HttpMetrics metrics_;
  const std::unique_ptr<ImageStore> store_;
  StatusPages pages_;
  IdempotencyCache idempotency_;
  ImagesHandler images_;
  JobMetrics job_metrics_;
  JobTable job_table_;
  JobRunner job_runner_;
  JobsHandler jobs_;
  HttpRouter router_;
  WorkerPool body_pool_;  // reads bodies, which may be large, off the server's thread
  std::unique_ptr<HttpServer> server_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_GATEWAY_H_
