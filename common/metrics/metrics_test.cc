#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <string>

#include "common/metrics/metrics_registry.h"
#include "common/metrics/model_metrics.h"
#include "common/metrics/rpc_metrics.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const MetricsRegistry& registry) {
  return prometheus::TextSerializer().Serialize(registry.prometheus_registry()->Collect());
}

TEST(MetricsRegistryTest, PrefixesAndListsNames) {
  MetricsRegistry registry("prior");
  registry.AddCounter("steps_total", "Steps.");
  EXPECT_THAT(registry.names(),
              ElementsAre("unclip_prior_start_time_seconds", "unclip_prior_build_info", "unclip_prior_steps_total"));
}

TEST(MetricsRegistryTest, KeepsBucketsInOrder) {
  const auto buckets = SecondsBuckets();
  EXPECT_TRUE(std::is_sorted(buckets.begin(), buckets.end()));
  EXPECT_EQ(buckets.front(), 0.001);
  EXPECT_EQ(buckets.back(), 600);
}

TEST(RpcMetricsTest, CountsRequests) {
  MetricsRegistry registry("prior");
  RpcMetrics metrics(registry);
  metrics.Started();
  metrics.Started();
  metrics.Finished("SamplePrior", absl::StatusCode::kResourceExhausted, absl::Milliseconds(2));
  const std::string text = Text(registry);
  EXPECT_THAT(text, HasSubstr("unclip_prior_in_flight 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_requests_total{code=\"RESOURCE_EXHAUSTED\",method=\"SamplePrior\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_request_seconds_bucket{method=\"SamplePrior\",le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("unclip_prior_request_seconds_bucket{method=\"SamplePrior\",le=\"0.0025\"} 1\n"));
}

TEST(ModelMetricsTest, TellsOfQueueStagesAndModel) {
  MetricsRegistry registry("decoder");
  ModelMetrics metrics(registry);
  metrics.SetQueueLength(4);
  metrics.JobStarted(absl::Seconds(2));
  metrics.StepDone("decoder");
  metrics.StepDone("decoder");
  metrics.StageDone("super_res", absl::Seconds(20));
  EXPECT_THAT(Text(registry), Not(HasSubstr("unclip_decoder_model_info{")));
  metrics.ModelLoaded("karlo", "abc", "float16", 42, absl::Seconds(9));
  const std::string text = Text(registry);
  EXPECT_THAT(text, HasSubstr("unclip_decoder_queue_length 4\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_queue_seconds_sum 2\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_steps_total{stage=\"decoder\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_stage_seconds_bucket{stage=\"super_res\",le=\"25\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_model_info{checkpoint=\"karlo\",dtype=\"float16\",fingerprint=\"abc\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_model_parameters 42\n"));
  EXPECT_THAT(text, HasSubstr("unclip_decoder_load_seconds 9\n"));
}

}  // namespace
}  // namespace unclip
