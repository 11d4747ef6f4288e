#include "tools/top/process_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace unclip::top {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

constexpr char kDecoder[] =
    "unclip_decoder_build_info{version=\"1\"} 1\n"
    "unclip_decoder_start_time_seconds 1000\n"
    "unclip_decoder_in_flight 5\n"
    "unclip_decoder_queue_length 3\n"
    "unclip_decoder_queue_capacity 64\n"
    "unclip_decoder_model_info{checkpoint=\"karlo\",dtype=\"float32\",fingerprint=\"abc\"} 1\n";

MetricsText Parse(const std::string& text) { return MetricsText::Parse(text).value(); }

MetricsText Decoder(int steps, double queue_sum, int queue_count, int wasted) {
  return Parse(absl::StrCat(
      kDecoder, "unclip_decoder_requests_total{code=\"OK\",method=\"DecodeImage\"} ", steps / 10, "\n",
      "unclip_decoder_rejections_total{reason=\"queue_full\"} ", steps / 20, "\n",
      "unclip_decoder_steps_total{stage=\"decoder\"} ", steps, "\nunclip_decoder_batch_rows_sum{stage=\"decoder\"} ", steps * 2,
      "\nunclip_decoder_batch_rows_count{stage=\"decoder\"} ", steps / 2, "\nunclip_decoder_queue_seconds_sum ", queue_sum,
      "\nunclip_decoder_queue_seconds_count ", queue_count, "\nunclip_decoder_stage_seconds_sum{stage=\"decoder\"} ", steps / 5,
      "\nunclip_decoder_stage_seconds_count{stage=\"decoder\"} ", steps / 10,
      "\nunclip_decoder_stage_seconds_count{stage=\"encode\"} 1",
      "\nunclip_decoder_wasted_steps_total{reason=\"cancelled\",stage=\"decoder\"} ", wasted, "\n"));
}

TEST(ProcessViewTest, TellsWhatIsSo) {
  const ProcessView view = ViewOf("h:1", Decoder(100, 1, 1, 0), nullptr, absl::ZeroDuration(), absl::FromUnixSeconds(1090));
  EXPECT_EQ(view.address, "h:1");
  EXPECT_EQ(view.error, "");
  EXPECT_EQ(view.service, "decoder");
  EXPECT_EQ(view.uptime, absl::Seconds(90));
  EXPECT_EQ(view.in_flight, 5);
  EXPECT_EQ(view.queue_length, 3);
  EXPECT_EQ(view.queue_capacity, 64);
  EXPECT_TRUE(view.loaded);
  EXPECT_EQ(view.checkpoint, "karlo");
  ASSERT_EQ(view.stages.size(), 2);
  EXPECT_EQ(view.stages[0].steps, std::nullopt);
  EXPECT_EQ(view.queue_seconds, std::nullopt);
}

TEST(ProcessViewTest, TellsWhatHappenedBetweenTwoLooks) {
  const MetricsText before = Decoder(100, 10, 5, 20);
  const ProcessView view = ViewOf("h:1", Decoder(140, 16, 8, 30), &before, absl::Seconds(4), absl::FromUnixSeconds(1090));
  EXPECT_THAT(view.requests, Optional(1));
  EXPECT_THAT(view.rejections, Optional(0.5));
  EXPECT_THAT(view.queue_seconds, Optional(2));
  ASSERT_EQ(view.stages.size(), 2);
  EXPECT_EQ(view.stages[0].name, "decoder");
  EXPECT_THAT(view.stages[0].steps, Optional(10));
  EXPECT_THAT(view.stages[0].rows, Optional(4));
  EXPECT_THAT(view.stages[0].seconds, Optional(2));
  EXPECT_THAT(view.stages[0].wasted_steps, Optional(2.5));
  EXPECT_EQ(view.stages[1].name, "encode");
  EXPECT_EQ(view.stages[1].seconds, std::nullopt);  // none was finished between
}

TEST(ProcessViewTest, CountsFromZeroWhenTheProcessStartedAgain) {
  EXPECT_EQ(Growth(100, 120), 20);
  EXPECT_EQ(Growth(100, 7), 7);
  const MetricsText before = Decoder(100, 10, 5, 0);
  const ProcessView view = ViewOf("h:1", Decoder(20, 0, 0, 0), &before, absl::Seconds(2), absl::FromUnixSeconds(1090));
  EXPECT_THAT(view.stages[0].steps, Optional(10));
}

TEST(ProcessViewTest, TellsOfTheGateway) {
  const std::string common =
      "unclip_gateway_build_info{version=\"1\"} 1\nunclip_gateway_max_requests 64\n"
      "unclip_gateway_in_flight 2\nunclip_gateway_http_in_flight 1\nunclip_gateway_images_in_progress 4\n"
      "unclip_gateway_upstream_up{upstream=\"clip\"} 1\nunclip_gateway_upstream_up{upstream=\"prior\"} 0\n";
  const MetricsText before = Parse(common + "unclip_gateway_images_total 10\nunclip_gateway_previews_total 3\n");
  const MetricsText now = Parse(common +
                                "unclip_gateway_images_total 15\nunclip_gateway_previews_total 13\n"
                                "unclip_gateway_requests_total{code=\"OK\",method=\"GenerateImage\"} 4\n"
                                "unclip_gateway_http_requests_total{route=\"/\",status=\"200\"} 6\n");
  const ProcessView view = ViewOf("h:1", now, &before, absl::Seconds(5), absl::Now());
  EXPECT_EQ(view.in_flight, 3);
  EXPECT_EQ(view.in_flight_limit, 64);
  EXPECT_EQ(view.images_in_progress, 4);
  EXPECT_THAT(view.images, Optional(1));
  EXPECT_THAT(view.previews, Optional(2));
  EXPECT_THAT(view.requests, Optional(2));
  EXPECT_THAT(view.upstreams, ElementsAre(Pair("clip", true), Pair("prior", false)));
}

}  // namespace
}  // namespace unclip::top
