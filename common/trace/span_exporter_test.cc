#include "common/trace/span_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/metrics/metric_value.h"
#include "common/metrics/metrics_registry.h"
#include "common/trace/dropped_spans.h"
#include "common/trace/fake_collector.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<const SpanData> NewSpan(const std::string& name) {
  auto span = std::make_unique<SpanData>();
  span->name = name;
  return span;
}

std::vector<std::string> NamesIn(const FakeCollector::Request& request) {
  std::vector<std::string> names;
  const nlohmann::json message = nlohmann::json::parse(request.body);
  for (const auto& span : message["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
    names.push_back(span["name"]);
  }
  return names;
}

// One collector for all, as it takes civetweb two seconds to end.
class SpanExporterTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_collector = new FakeCollector; }
  static void TearDownTestSuite() { delete shared_collector; }

  // One that sends nothing before the batch is full or the end comes.
  std::unique_ptr<SpanExporter> Exporter(SpanExporterOptions options) {
    options.delay = absl::InfiniteDuration();
    return std::make_unique<SpanExporter>(std::move(options), NewHttpPoster(collector_.url(), {{"api-key", "k"}}), &metrics_);
  }
  double Dropped(const std::string& reason) { return DroppedSpans(registry_, reason); }
  double Exported() { return MetricValue(registry_, "spans_exported_total"); }

  static FakeCollector* shared_collector;

  FakeCollector& collector_ = shared_collector->Reset();
  MetricsRegistry registry_{"prior"};
  TraceMetrics metrics_{registry_};
};

FakeCollector* SpanExporterTest::shared_collector = nullptr;

TEST_F(SpanExporterTest, SendsABatchWhenItIsFullAndTheRestAtTheEnd) {
  const auto exporter = Exporter({.resource = {{"service.name", "unclip-prior"}}, .batch_size = 2});
  for (const char* name : {"a", "b", "c"}) exporter->Add(NewSpan(name));
  const FakeCollector::Request first = collector_.Wait(1)[0];
  EXPECT_EQ(first.path, "/v1/traces");
  EXPECT_EQ(first.content_type, "application/json");
  EXPECT_EQ(first.api_key, "k");
  EXPECT_THAT(first.body, HasSubstr("unclip-prior"));
  EXPECT_THAT(NamesIn(first), ElementsAre("a", "b"));
  exporter->Shutdown();
  EXPECT_THAT(NamesIn(collector_.Wait(2)[1]), ElementsAre("c"));
  EXPECT_EQ(Exported(), 3);
}

TEST_F(SpanExporterTest, KeepsTheOldestWhenTheQueueIsFull) {
  collector_.AnswerWith({{.holds = true}});
  const auto exporter = Exporter({.capacity = 2, .batch_size = 1});
  exporter->Add(NewSpan("under way"));
  collector_.Wait(1);
  for (const char* name : {"a", "b", "c", "d"}) exporter->Add(NewSpan(name));
  EXPECT_EQ(Dropped("queue_full"), 2);
  collector_.Release();
  EXPECT_THAT(NamesIn(collector_.Wait(3)[1]), ElementsAre("a"));
  EXPECT_THAT(NamesIn(collector_.Wait(3)[2]), ElementsAre("b"));
}

TEST_F(SpanExporterTest, TriesAgainAtOnceWhenTheEndComesDuringAWait) {
  collector_.AnswerWith({{.status = 503, .headers = "Retry-After: 300\r\n"}});
  const auto exporter = Exporter({.batch_size = 1});
  exporter->Add(NewSpan("a"));
  collector_.Wait(1);
  exporter->Shutdown();
  EXPECT_EQ(collector_.Wait(2).size(), 2);
  EXPECT_EQ(Exported(), 1);
}

TEST_F(SpanExporterTest, TheEndDoesNotWaitForACollectorThatDoesNotAnswer) {
  collector_.AnswerWith({{.holds = true}});
  const auto exporter = Exporter({.batch_size = 1, .timeout = absl::Hours(1), .flush_timeout = absl::ZeroDuration()});
  exporter->Add(NewSpan("under way"));
  collector_.Wait(1);
  exporter->Add(NewSpan("waits"));
  exporter->Shutdown();
  exporter->Add(NewSpan("late"));
  EXPECT_EQ(Dropped("shut_down"), 3);
  EXPECT_EQ(Exported(), 0);
}

TEST_F(SpanExporterTest, ItsPosterTellsWhatTheServerSays) {
  collector_.AnswerWith(
      {{.status = 429, .headers = "Retry-After: 7\r\n"}, {.status = 302, .headers = "Location: /elsewhere\r\n"}});
  const auto poster = NewHttpPoster(collector_.url(), {});
  const HttpPostResult busy = poster->Post("1", absl::Minutes(1));
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(busy.retry_after, absl::Seconds(7));
  EXPECT_EQ(busy.body, "{}");
  const HttpPostResult moved = poster->Post("2", absl::Minutes(1));
  EXPECT_EQ(moved.status, 302);
  EXPECT_EQ(moved.retry_after, std::nullopt);
  EXPECT_EQ(poster->Post("3", absl::Minutes(1)).status, 200);
  EXPECT_EQ(collector_.Wait(3).size(), 3);
}

TEST_F(SpanExporterTest, ItsPosterTellsWhyThereIsNoAnswer) {
  // Nothing listens on port 1.
  const HttpPostResult result = NewHttpPoster("http://127.0.0.1:1", {})->Post("1", absl::Minutes(1));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.error, HasSubstr("127.0.0.1"));
}

TEST_F(SpanExporterTest, ItsPosterSendsNothingOnceItWasAborted) {
  const auto poster = NewHttpPoster(collector_.url(), {});
  poster->Abort();
  EXPECT_EQ(poster->Post("1", absl::Minutes(1)).status, 0);
}

}  // namespace
}  // namespace unclip
