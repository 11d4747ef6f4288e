#include "tools/top/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::top {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MetricsTextTest, ReadsSamples) {
  const absl::StatusOr<MetricsText> metrics = MetricsText::Parse(
      "# HELP unclip_prior_requests_total Requests.\n"
      "# TYPE unclip_prior_requests_total counter\n"
      "unclip_prior_requests_total{code=\"OK\",method=\"SamplePrior\"} 7\n"
      "unclip_prior_requests_total{code=\"CANCELLED\",method=\"SamplePrior\"} 2 1700000000000\n"
      "unclip_prior_build_info{version=\"1\"} 1\n"
      "unclip_prior_queue_seconds_bucket{le=\"+Inf\"} 1.5e2\n"
      "\n");
  ASSERT_OK(metrics);
  EXPECT_EQ(metrics->Sum("unclip_prior_requests_total"), 9);
  EXPECT_EQ(metrics->Sum("unclip_prior_requests_total", {{"code", "OK"}}), 7);
  EXPECT_EQ(metrics->Sum("unclip_prior_requests_total", {{"code", "OK"}, {"method", "Other"}}), 0);
  EXPECT_EQ(metrics->Sum("unclip_prior_queue_seconds_bucket"), 150);
  EXPECT_EQ(metrics->Sum("no_such_metric"), 0);
  EXPECT_TRUE(metrics->Has("unclip_prior_requests_total", {{"code", "CANCELLED"}}));
  EXPECT_FALSE(metrics->Has("unclip_prior_requests_total", {{"code", "INTERNAL"}}));
  EXPECT_FALSE(metrics->Has("no_such_metric"));
  EXPECT_THAT(metrics->LabelValues("unclip_prior_requests_total", "code"), ElementsAre("CANCELLED", "OK"));
  EXPECT_EQ(metrics->Service(), "prior");
}

TEST(MetricsTextTest, ReadsEscapesInLabels) {
  const absl::StatusOr<MetricsText> metrics = MetricsText::Parse("m{a=\"x\\\"y\\\\z\\n,}\",b=\"\",} 1");
  ASSERT_OK(metrics);
  EXPECT_THAT(metrics->LabelValues("m", "a"), ElementsAre("x\"y\\z\n,}"));
  EXPECT_THAT(metrics->LabelValues("m", "b"), ElementsAre(""));
}

TEST(MetricsTextTest, TellsTheLineThatItCannotRead) {
  for (const char* line : {"m", "m one", "m{a=\"b\" 1", "m{a=b} 1", "m{a=\"b\"c=\"d\"} 1", "m{=\"b\"} 1", "{a=\"b\"} 1",
                           "m 1 2 3", "m{a=\"b\\", "<html>"}) {
    EXPECT_THAT(MetricsText::Parse(std::string("good 1\n") + line).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2 of the metrics")))
        << line;
  }
}

TEST(MetricsTextTest, KnowsNoServiceWhereThereIsNone) {
  const absl::StatusOr<MetricsText> metrics = MetricsText::Parse("go_goroutines 7\n");
  ASSERT_OK(metrics);
  EXPECT_EQ(metrics->Service(), std::nullopt);
}

}  // namespace
}  // namespace unclip::top
