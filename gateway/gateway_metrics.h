// The gateway's metrics; docs/observability.md lists them.
#ifndef UNCLIP_GATEWAY_GATEWAY_METRICS_H_
#define UNCLIP_GATEWAY_GATEWAY_METRICS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/rejection_metrics.h"
#include "common/metrics/rpc_metrics.h"

namespace unclip::gateway {

// Declares RpcMetrics, RejectionMetrics, and
//   max_requests                        gauge, requests worked on at a time, at most
//   images_total                        counter, pictures finished
//   images_in_progress                  gauge, pictures that are being made or wait for a thread
//   previews_total                      counter, previews of unfinished pictures made
//   first_preview_seconds               histogram, time from a request's arrival to its first preview
//   stage_seconds{stage}                histogram, time a stage of a finished picture took to compute, as its service says
//   stage_queue_seconds{stage}          histogram, time it waited in its service's queue
//   upstream_up{upstream}               gauge, 1 while a service is up, else 0
//   upstream_reissues_total{upstream}   counter, calls issued again because a replica lost them
//   embedding_cache_hits_total          counter, prompts whose embedding was kept from before
//   embedding_cache_misses_total        counter, prompts whose embedding had to be asked for; none while the cache is off
//   embedding_cache_evictions_total     counter, embeddings that made room for others
//   embedding_cache_bytes               gauge, what the kept embeddings take
// Thread-safe.
class GatewayMetrics {
 public:
  explicit GatewayMetrics(MetricsRegistry& registry);

  RpcMetrics& rpc() { return rpc_; }
  RejectionMetrics& rejections() { return rejections_; }

  void SetMaxRequests(int count) { max_requests_.Set(count); }

  void ImagesAccepted(int count);
  // `finished` of the images accepted are done, the rest were given up.
  void ImagesEnded(int count, int finished);
  void PreviewMade() { previews_total_.Increment(); }
  // A request, which arrived so long ago, has its first preview.
  void FirstPreviewMade(absl::Duration elapsed) { first_preview_seconds_.Observe(absl::ToDoubleSeconds(elapsed)); }
  void StageDone(absl::string_view stage, absl::Duration queue_duration, absl::Duration run_duration);
  void SetUpstreamUp(const std::string& upstream, bool up);
  void CallReissued(const std::string& upstream);
  void EmbeddingLookedUp(bool hit);
  void EmbeddingEvicted() { embedding_cache_evictions_total_.Increment(); }
  void SetEmbeddingCacheBytes(int64_t bytes) { embedding_cache_bytes_.Set(static_cast<double>(bytes)); }

 private:
  RpcMetrics rpc_;
  RejectionMetrics rejections_;
  prometheus::Gauge& max_requests_;
  prometheus::Counter& images_total_;
  prometheus::Gauge& images_in_progress_;
  prometheus::Counter& previews_total_;
  prometheus::Histogram& first_preview_seconds_;
  HistogramFamily& stage_seconds_;
  HistogramFamily& stage_queue_seconds_;
  GaugeFamily& upstream_up_;
  CounterFamily& upstream_reissues_total_;
  prometheus::Counter& embedding_cache_hits_total_;
  prometheus::Counter& embedding_cache_misses_total_;
  prometheus::Counter& embedding_cache_evictions_total_;
  prometheus::Gauge& embedding_cache_bytes_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GATEWAY_METRICS_H_
