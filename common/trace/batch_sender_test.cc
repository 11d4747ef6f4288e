#include "common/trace/batch_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "common/metrics/metric_value.h"
#include "common/metrics/metrics_registry.h"
#include "common/trace/dropped_spans.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Answers as the test says, then with 200.
class ScriptedPoster final : public HttpPoster {
 public:
  HttpPostResult Post(const std::string& body, absl::Duration timeout) override {
    bodies.push_back(body);
    timeouts.push_back(timeout);
    if (answers.empty()) return {.status = 200};
    HttpPostResult answer = answers.front();
    answers.pop_front();
    return answer;
  }
  void Abort() override {}

  std::deque<HttpPostResult> answers;
  std::vector<std::string> bodies;
  std::vector<absl::Duration> timeouts;
};

class BatchSenderTest : public testing::Test {
 protected:
  double Dropped(const std::string& reason) { return DroppedSpans(registry_, reason); }
  double Exported() { return MetricValue(registry_, "spans_exported_total"); }

  MetricsRegistry registry_{"prior"};
  TraceMetrics metrics_{registry_};
  ScriptedPoster poster_;
  std::vector<absl::Duration> waited_;
  size_t waits_until_shutdown_ = 100;
  double random_ = 0;
  BatchSender sender_{{.poster = &poster_,
                       .metrics = &metrics_,
                       .timeout = [] { return absl::Seconds(10); },
                       .wait =
                           [this](absl::Duration delay) {
                             waited_.push_back(delay);
                             return waited_.size() < waits_until_shutdown_;
                           },
                       .random = [this] { return random_; }}};
};

TEST_F(BatchSenderTest, SendsOnceWhenTheCollectorTakesIt) {
  sender_.Send("body", 3);
  EXPECT_THAT(poster_.bodies, ElementsAre("body"));
  EXPECT_THAT(poster_.timeouts, ElementsAre(absl::Seconds(10)));
  EXPECT_THAT(waited_, IsEmpty());
  EXPECT_EQ(Exported(), 3);
}

TEST_F(BatchSenderTest, TriesAgainAfterWhatPasses) {
  poster_.answers = {{.status = 429}, {.status = 502}, {.status = 503}, {.status = 504}, {.status = 0, .error = "refused"}};
  sender_.Send("body", 3);
  EXPECT_EQ(poster_.bodies.size(), 6);
  EXPECT_THAT(waited_, ElementsAre(absl::Seconds(1), absl::Seconds(2), absl::Seconds(4), absl::Seconds(8), absl::Seconds(16)));
  EXPECT_EQ(Exported(), 3);
  EXPECT_EQ(Dropped("failed"), 0);
}

TEST_F(BatchSenderTest, GivesUpInTheEnd) {
  poster_.answers = std::deque<HttpPostResult>(20, {.status = 503});
  sender_.Send("body", 3);
  EXPECT_EQ(poster_.bodies.size(), 6);
  EXPECT_EQ(Exported(), 0);
  EXPECT_EQ(Dropped("failed"), 3);
}

TEST_F(BatchSenderTest, DoesNotTryAgainWhatWillNotPass) {
  for (const int status : {400, 401, 404, 413, 500, 501, 301}) {
    poster_.answers = {{.status = status}};
    sender_.Send("body", 1);
  }
  EXPECT_EQ(poster_.bodies.size(), 7);
  EXPECT_THAT(waited_, IsEmpty());
  EXPECT_EQ(Dropped("refused"), 7);
}

TEST_F(BatchSenderTest, WaitsAsLongAsTheCollectorSaysWithinReason) {
  poster_.answers = {{.status = 503, .retry_after = absl::Seconds(42)}, {.status = 429, .retry_after = absl::Hours(24)}};
  random_ = 0.9;
  sender_.Send("body", 1);
  EXPECT_THAT(waited_, ElementsAre(absl::Seconds(42), absl::Minutes(5)));
}

TEST_F(BatchSenderTest, ChanceTakesUpToHalfOfTheWait) {
  poster_.answers = {{.status = 503}, {.status = 503}};
  random_ = 0.5;
  sender_.Send("body", 1);
  EXPECT_THAT(waited_, ElementsAre(absl::Seconds(0.75), absl::Seconds(1.5)));
}

TEST_F(BatchSenderTest, TriesOnceMoreWhenTheProcessEnds) {
  poster_.answers = {{.status = 503}, {.status = 503}, {.status = 503}};
  waits_until_shutdown_ = 2;
  sender_.Send("body", 2);
  EXPECT_EQ(poster_.bodies.size(), 3);
  EXPECT_EQ(Dropped("shut_down"), 2);
}

TEST_F(BatchSenderTest, CountsWhatWasTakenInPart) {
  poster_.answers = {{.status = 200, .body = R"({"partialSuccess": {"rejectedSpans": "2", "errorMessage": "no"}})"},
                     {.status = 200, .body = R"({"partialSuccess": {"rejectedSpans": 1}})"}};
  sender_.Send("body", 5);
  sender_.Send("body", 5);
  EXPECT_EQ(Exported(), 7);
  EXPECT_EQ(Dropped("refused"), 3);
}

TEST_F(BatchSenderTest, AnAnswerThatMakesNoSenseIsStillASuccess) {
  for (const char* body : {"", "{}", "[1]", "{\"partialSuccess\": 3}", "{\"partialSuccess\": {\"rejectedSpans\": -1}}", "<html>",
                           "{\"partialSuccess\": {\"rejectedSpans\": \"many\"}}", "\xff"}) {
    poster_.answers = {{.status = 202, .body = body}};
    sender_.Send("body", 1);
  }
  EXPECT_EQ(Exported(), 8);
}

}  // namespace
}  // namespace unclip
