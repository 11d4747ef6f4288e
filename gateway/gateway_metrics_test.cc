#include "gateway/gateway_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/metrics/documented_metrics.h"
#include "common/metrics/metric_value.h"
#include "common/trace/trace_metrics.h"
#include "gateway/http/http_metrics.h"
#include "gateway/http/jobs/job_metrics.h"

namespace unclip::gateway {
namespace {

TEST(GatewayMetricsTest, DocumentationListsExactlyWhatThereIs) {
  MetricsRegistry registry("gateway");
  const GatewayMetrics metrics(registry);
  const HttpMetrics http_metrics(registry);
  const JobMetrics job_metrics(registry);
  const TraceMetrics trace_metrics(registry);
  std::vector<std::string> names = registry.names();
  std::sort(names.begin(), names.end());
  EXPECT_THAT(DocumentedMetricNames("gateway"), testing::ElementsAreArray(names));
}

TEST(GatewayMetricsTest, CountsPictures) {
  MetricsRegistry registry("gateway");
  GatewayMetrics metrics(registry);
  metrics.ImagesAccepted(5);
  metrics.ImagesEnded(3, 2);
  metrics.SetUpstreamUp("prior", true);
  metrics.CallReissued("prior");
  metrics.StageDone("prior", absl::Seconds(1), absl::Seconds(2));
  int checked = 0;
  for (const prometheus::MetricFamily& family : registry.prometheus_registry()->Collect()) {
    if (family.metric.empty()) continue;
    const prometheus::ClientMetric& metric = family.metric[0];
    ++checked;
    if (family.name == "unclip_gateway_images_total") {
      EXPECT_EQ(metric.counter.value, 2);
    } else if (family.name == "unclip_gateway_images_in_progress") {
      EXPECT_EQ(metric.gauge.value, 2);
    } else if (family.name == "unclip_gateway_upstream_up") {
      EXPECT_EQ(metric.gauge.value, 1);
    } else if (family.name == "unclip_gateway_upstream_reissues_total") {
      EXPECT_EQ(metric.counter.value, 1);
    } else if (family.name == "unclip_gateway_stage_seconds") {
      EXPECT_EQ(metric.histogram.sample_sum, 2);
    } else if (family.name == "unclip_gateway_stage_queue_seconds") {
      EXPECT_EQ(metric.histogram.sample_sum, 1);
    } else {
      --checked;
    }
  }
  EXPECT_EQ(checked, 6);
}

TEST(GatewayMetricsTest, CountsWhatTheEmbeddingCacheDoes) {
  MetricsRegistry registry("gateway");
  GatewayMetrics metrics(registry);
  for (const bool hit : {true, true, true, false, false}) metrics.EmbeddingLookedUp(hit);
  metrics.EmbeddingEvicted();
  metrics.SetEmbeddingCacheBytes(100);
  EXPECT_EQ(MetricValue(registry, "embedding_cache_hits_total"), 3);
  EXPECT_EQ(MetricValue(registry, "embedding_cache_misses_total"), 2);
  EXPECT_EQ(MetricValue(registry, "embedding_cache_evictions_total"), 1);
  EXPECT_EQ(MetricValue(registry, "embedding_cache_bytes"), 100);
}

}  // namespace
}  // namespace unclip::gateway
