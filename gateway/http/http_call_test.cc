#include "gateway/http/http_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metric_value.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/http/testing/fake_exchange.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

class HttpCallTest : public testing::Test {
 protected:
  std::unique_ptr<HttpCall> Call(std::vector<HttpHeader> headers = {}) {
    exchange_ =
        std::make_shared<FakeExchange>(HttpRequest{.method = "GET", .path = "/", .query = "", .headers = std::move(headers)});
    return std::make_unique<HttpCall>(exchange_, "/", &metrics_, &clock_);
  }

  absl::StatusOr<absl::Duration> TimeLeft(std::vector<HttpHeader> headers) {
    const std::unique_ptr<HttpCall> call = Call(std::move(headers));
    absl::StatusOr<absl::Duration> deadline = call->Deadline(absl::Seconds(100));
    if (deadline.ok()) *deadline -= clock_.Now();
    return deadline;
  }

  FakeClock clock_;
  MetricsRegistry registry_{"gateway"};
  HttpMetrics metrics_{registry_};
  std::shared_ptr<FakeExchange> exchange_;
};

TEST_F(HttpCallTest, TheLeastTimeOutIsTheDeadline) {
  EXPECT_EQ(*TimeLeft({}), absl::Seconds(100));
  EXPECT_EQ(*TimeLeft({{"Request-Timeout", "2.5"}}), absl::Seconds(2.5));
  EXPECT_EQ(*TimeLeft({{"Request-Timeout", "600"}}), absl::Seconds(100));
  EXPECT_EQ(*TimeLeft({{"X-Stainless-Read-Timeout", "5"}}), absl::Seconds(7));
  EXPECT_EQ(*TimeLeft({{"X-Stainless-Read-Timeout", "5"}, {"Request-Timeout", "6"}}), absl::Seconds(6));
}

TEST_F(HttpCallTest, RefusesATimeOutThatIsNone) {
  for (const char* text : {"", "soon", "0", "-1", "nan", "inf", "1e999"}) {
    EXPECT_THAT(TimeLeft({{"Request-Timeout", text}}).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("request-timeout")))
        << text;
  }
}

TEST_F(HttpCallTest, SaysHowLongItTook) {
  const std::unique_ptr<HttpCall> call = Call({{"x-request-id", "mine"}});
  clock_.Advance(absl::Milliseconds(1234));
  call->RespondJson("{}");
  EXPECT_EQ(exchange_->header("openai-processing-ms"), "1234");
  EXPECT_EQ(exchange_->header("x-request-id"), "mine");
}

TEST_F(HttpCallTest, OnlyTheFirstAnswerCounts) {
  const std::unique_ptr<HttpCall> call = Call();
  call->Fail(absl::NotFoundError("nothing"));
  call->RespondJson("{}");
  EXPECT_EQ(exchange_->answer_count(), 1);
  EXPECT_EQ(exchange_->response().status, 404);
  EXPECT_EQ(MetricValue(registry_, "http_requests_total"), 1);
}

TEST_F(HttpCallTest, CountsWhatWasNeverAnsweredToo) {
  std::unique_ptr<HttpCall> call = Call();
  EXPECT_EQ(MetricValue(registry_, "http_in_flight"), 1);
  call.reset();
  EXPECT_EQ(MetricValue(registry_, "http_in_flight"), 0);
}

}  // namespace
}  // namespace unclip::gateway
