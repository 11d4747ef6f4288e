#include "gateway/gateway_metrics.h"

namespace unclip::gateway {

GatewayMetrics::GatewayMetrics(MetricsRegistry& registry)
    : rpc_(registry),
      rejections_(registry, {Rejection::kGatewayFull, Rejection::kDeadline, Rejection::kDraining, Rejection::kJobsFull,
                             Rejection::kUpstreamDown}),
      max_requests_(registry.AddGauge("max_requests", "Requests worked on at a time, at most.").Add({})),
      images_total_(registry.AddCounter("images_total", "Pictures finished.").Add({})),
      images_in_progress_(registry.AddGauge("images_in_progress", "Pictures that are being made or wait for a thread.").Add({})),
      previews_total_(registry.AddCounter("previews_total", "Previews of unfinished pictures made.").Add({})),
      first_preview_seconds_(registry.AddHistogram("first_preview_seconds", "Time from a request's arrival to its first preview.")
                                 .Add({}, SecondsBuckets())),
      stage_seconds_(registry.AddHistogram(
          "stage_seconds", "Time that a stage of a finished picture took to compute, as its service says, by stage.")),
      stage_queue_seconds_(registry.AddHistogram(
          "stage_queue_seconds", "Time that a stage of a finished picture waited in its service's queue, by stage.")),
      upstream_up_(registry.AddGauge("upstream_up", "1 while a service behind the gateway is up, else 0.")),
      upstream_reissues_total_(
          registry.AddCounter("upstream_reissues_total", "Calls issued again because a replica lost them, by service.")),
      embedding_cache_hits_total_(
          registry.AddCounter("embedding_cache_hits_total", "Prompts whose embedding was kept from before.").Add({})),
      embedding_cache_misses_total_(
          registry.AddCounter("embedding_cache_misses_total", "Prompts whose embedding had to be asked for.").Add({})),
      embedding_cache_evictions_total_(
          registry.AddCounter("embedding_cache_evictions_total", "Embeddings that made room for others.").Add({})),
      embedding_cache_bytes_(registry.AddGauge("embedding_cache_bytes", "What the kept embeddings take.").Add({})) {}

void GatewayMetrics::ImagesAccepted(int count) { images_in_progress_.Increment(count); }

void GatewayMetrics::ImagesEnded(int count, int finished) {
  images_in_progress_.Decrement(count);
  images_total_.Increment(finished);
}

void GatewayMetrics::StageDone(absl::string_view stage, absl::Duration queue_duration, absl::Duration run_duration) {
  const prometheus::Labels labels = {{"stage", std::string(stage)}};
  stage_seconds_.Add(labels, SecondsBuckets()).Observe(absl::ToDoubleSeconds(run_duration));
  stage_queue_seconds_.Add(labels, SecondsBuckets()).Observe(absl::ToDoubleSeconds(queue_duration));
}

void GatewayMetrics::SetUpstreamUp(const std::string& upstream, bool up) {
  upstream_up_.Add({{"upstream", upstream}}).Set(up ? 1 : 0);
}

void GatewayMetrics::CallReissued(const std::string& upstream) {
  upstream_reissues_total_.Add({{"upstream", upstream}}).Increment();
}

void GatewayMetrics::EmbeddingLookedUp(bool hit) {
  (hit ? embedding_cache_hits_total_ : embedding_cache_misses_total_).Increment();
}

}  // namespace unclip::gateway
