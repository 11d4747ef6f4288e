#include "tools/top/top_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unclip::top {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ProcessView Gateway() {
  ProcessView view;
  view.address = "127.0.0.1:1000";
  view.service = "gateway";
  view.uptime = absl::Seconds(75);
  view.in_flight = 3;
  view.in_flight_limit = 64;
  view.requests = 0.5;
  view.rejections = 0;
  view.images_in_progress = 4;
  view.images = 0.25;
  view.upstreams = {{"clip", true}, {"prior", false}};
  return view;
}

ProcessView Decoder(const char* address, double steps, double rows) {
  ProcessView view;
  view.address = address;
  view.service = "decoder";
  view.uptime = absl::Hours(30);
  view.in_flight = 5;
  view.loaded = true;
  view.queue_length = 2;
  view.queue_capacity = 64;
  view.queue_seconds = 1.5;
  view.checkpoint = "karlo";
  view.stages = {{.name = "decoder", .steps = steps, .rows = rows, .seconds = std::nullopt, .wasted_steps = 0}};
  return view;
}

TEST(TopTableTest, ShowsGatewaysProcessesAndStages) {
  EXPECT_EQ(RenderTables({Decoder("127.0.0.1:20", 30, 4), Gateway()}),
            "GATEWAY         UPSTREAMS              UP  IN FLIGHT  REQUESTS/S  REFUSED/S  PICTURES  PICTURES/S  PREVIEWS/S\n"
            "127.0.0.1:1000  clip:up prior:DOWN  1m15s       3/64        0.50       0.00         4        0.25           -\n"
            "\n"
            "SERVICE  ADDRESS       MODEL     UP  IN FLIGHT  QUEUE  WAIT S  REQUESTS/S  REFUSED/S\n"
            "decoder  127.0.0.1:20  karlo  1d06h          5   2/64    1.50           -          -\n"
            "\n"
            "SERVICE  STAGE    REPLICAS  STEPS/S  ROWS/STEP  SECONDS  WASTED/S\n"
            "decoder  decoder         1    30.00       4.00        -      0.00\n");
}

TEST(TopTableTest, TakesAStageOfAllReplicasTogether) {
  const std::string text = RenderTables({Decoder("a:1", 30, 4), Decoder("b:1", 10, 8)});
  EXPECT_THAT(text, HasSubstr("decoder  decoder         2    40.00       5.00        -      0.00\n"));
}

TEST(TopTableTest, TellsWhoDoesNotAnswerAndWhoIsLoading) {
  ProcessView lost;
  lost.address = "127.0.0.1:7";
  lost.error = "Connection refused";
  ProcessView loading = Decoder("127.0.0.1:8", 0, 0);
  loading.loaded = false;
  ProcessView other;
  other.address = "127.0.0.1:9";
  other.service = "?";
  const std::string text = RenderTables({lost, loading, other});
  EXPECT_THAT(text, HasSubstr("\n127.0.0.1:7: Connection refused\n"));
  EXPECT_THAT(text, HasSubstr("(loading)"));
  EXPECT_THAT(text, HasSubstr("127.0.0.1:9: not a process of a cluster (?)\n"));
}

TEST(TopTableTest, KeepsControlCharactersOffTheTerminal) {
  ProcessView view = Decoder("127.0.0.1:8", 0, 0);
  view.checkpoint = "evil\033[2J";
  view.stages[0].name = "a\nb";
  const std::string text = RenderTables({view});
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(text, HasSubstr("evil?[2J"));
  EXPECT_THAT(text, HasSubstr("a?b"));
}

TEST(TopTableTest, IsEmptyForNobody) { EXPECT_EQ(RenderTables({}), ""); }

TEST(TopTableTest, WritesUptimes) {
  EXPECT_EQ(UptimeText(absl::Seconds(45)), "45s");
  EXPECT_EQ(UptimeText(absl::Seconds(723)), "12m03s");
  EXPECT_EQ(UptimeText(absl::Hours(5) + absl::Minutes(2)), "5h02m");
  EXPECT_EQ(UptimeText(absl::Hours(76)), "3d04h");
  EXPECT_EQ(UptimeText(-absl::Seconds(5)), "-");
}

}  // namespace
}  // namespace unclip::top
