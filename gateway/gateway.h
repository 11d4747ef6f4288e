// The gateway put together: channels, clients, pipeline and service.
#ifndef UNCLIP_GATEWAY_GATEWAY_H_
#define UNCLIP_GATEWAY_GATEWAY_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/clients/clip_client.h"
#include "gateway/clients/decoder_client.h"
#include "gateway/clients/prior_client.h"
#include "gateway/embedding_cache.h"
#include "gateway/gateway_metrics.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/generation_pipeline.h"
#include "gateway/image_generation_service.h"
#include "gateway/upstreams.h"
#include "gateway/worker_pool.h"

namespace unclip::gateway {

struct GatewayOptions {
  std::string clip_target = {};  // where each service's replicas are; common/rpc/channel.h says in which forms
  std::string prior_target = {};
  std::string decoder_target = {};
  int max_requests = 64;                                // worked on at a time, ≥ 1
  int max_pictures = 32;                                // made at a time, of all requests; ≥ 1
  int embedding_cache_mib = 64;                         // room for embeddings of prompts that may come again; 0 keeps none
  absl::Duration default_deadline = absl::Minutes(10);  // for callers that set none; > 0
  absl::Duration refresh_interval = absl::Seconds(10);  // see UpstreamWatcherOptions
};

class Gateway {
 public:
  // INVALID_ARGUMENT, naming the option as a command line flag, when one is out of range. `metrics` must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(const GatewayOptions& options, MetricsRegistry& metrics);

  // Ends as StopWatching() does. The server that runs service() must be shut down before.
  ~Gateway();

  ImageGenerationService& service() { return *service_; }
  GenerationDispatcher& dispatcher() { return *dispatcher_; }
  const Upstreams& upstreams() const { return *upstreams_; }
  GatewayMetrics& metrics() { return metrics_; }

  // Connects to the services and tells `on_change` (one thread at a time) which are up. Call once.
  void StartWatching(std::function<void(const UpstreamsUp&)> on_change);

  // No call of `on_change` follows.
  void StopWatching() { upstreams_->Stop(); }

 private:
  explicit Gateway(MetricsRegistry& metrics) : metrics_(metrics) {}

  // Tells the cache which text model answers.
  void FollowTextModel(const UpstreamsUp& up);

  // In the order of use: each needs those above it.
  GatewayMetrics metrics_;
  std::unique_ptr<ClipClient> clip_;
  std::unique_ptr<PriorClient> prior_;
  std::unique_ptr<DecoderClient> decoder_;
  std::unique_ptr<EmbeddingCache> embedding_cache_;
  std::unique_ptr<Upstreams> upstreams_;
  std::unique_ptr<WorkerPool> picture_pool_;
  std::unique_ptr<GenerationPipeline> pipeline_;
  std::unique_ptr<GenerationDispatcher> dispatcher_;
  std::unique_ptr<ImageGenerationService> service_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GATEWAY_H_
