#include "gateway/http/http_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/http/testing/fake_exchange.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

class HttpRouterTest : public testing::Test {
 protected:
  HttpRouterTest() {
    for (const char* method : {"GET", "DELETE"}) Add(method, "/jobs/{id}");
    Add("GET", "/jobs/{id}/events");
    Add("POST", "/jobs");
    Add("GET", "/");
  }

  void Add(const std::string& method, const std::string& pattern) {
    router_.Add(method, pattern, [method, pattern](const std::shared_ptr<HttpCall>& call, const std::string& id) {
      call->RespondJson(absl::StrCat(method, " ", pattern, " ", id));
    });
  }

  std::shared_ptr<FakeExchange> Ask(const std::string& method, const std::string& path, std::vector<HttpHeader> headers = {}) {
    auto exchange =
        std::make_shared<FakeExchange>(HttpRequest{.method = method, .path = path, .query = "", .headers = std::move(headers)});
    router_.Handle(exchange);
    EXPECT_EQ(exchange->answer_count(), 1);
    return exchange;
  }

  FakeClock clock_;
  MetricsRegistry registry_{"gateway"};
  HttpMetrics metrics_{registry_};
  HttpRouter router_{&metrics_, &clock_};
};

TEST_F(HttpRouterTest, FindsByMethodAndPath) {
  EXPECT_EQ(Ask("GET", "/")->body(), "GET / ");
  EXPECT_EQ(Ask("POST", "/jobs")->body(), "POST /jobs ");
  EXPECT_EQ(Ask("GET", "/jobs/job_1-a.png")->body(), "GET /jobs/{id} job_1-a.png");
  EXPECT_EQ(Ask("DELETE", "/jobs/1")->body(), "DELETE /jobs/{id} 1");
  EXPECT_EQ(Ask("GET", "/jobs/1/events")->body(), "GET /jobs/{id}/events 1");
  EXPECT_EQ(Ask("HEAD", "/")->body(), "GET / ");
}

TEST_F(HttpRouterTest, SaysWhatIsNotThere) {
  for (const char* path : {"/nothing", "/jobs/", "/jobs/a/b", "/jobs/..", "/jobs/.", "/jobs/%2e%2e", "/jobs/a%2fb", "/jobs/a\\b",
                           "//", "/jobs/1/events/", "", "*", "http://elsewhere/"}) {
    const auto exchange = Ask("GET", path);
    EXPECT_EQ(exchange->response().status, 404) << path;
    EXPECT_THAT(exchange->body(), HasSubstr("\"code\":\"not_found\""));
  }
}

TEST_F(HttpRouterTest, SaysWhichMethodsThereAre) {
  const auto exchange = Ask("PUT", "/jobs/1");
  EXPECT_EQ(exchange->response().status, 405);
  EXPECT_EQ(exchange->header("allow"), "GET, DELETE");
  EXPECT_EQ(Ask("GET", "/jobs")->header("allow"), "POST");
}

TEST_F(HttpRouterTest, GivesTheCallersRequestIdBack) {
  EXPECT_EQ(Ask("GET", "/", {{"X-Request-Id", "mine"}})->header("x-request-id"), "mine");
  EXPECT_EQ(Ask("GET", "/")->header("x-request-id").size(), 32U);
  const auto exchange = Ask("GET", "/", {{"X-Request-Id", "two words"}});
  EXPECT_EQ(exchange->response().status, 400);
  EXPECT_THAT(exchange->body(), HasSubstr("x-request-id"));
}

TEST_F(HttpRouterTest, RefusesWhatAPageOfAnotherSiteSends) {
  const auto status = [this](const std::string& method, const std::string& path, const std::string& origin) {
    return Ask(method, path, {{"Host", "here:1"}, {"Origin", origin}})->response().status;
  };
  EXPECT_EQ(status("POST", "/jobs", "http://here:1"), 200);
  EXPECT_EQ(status("POST", "/jobs", "https://here:1"), 200);
  EXPECT_EQ(status("POST", "/jobs", "http://there"), 403);
  EXPECT_EQ(status("POST", "/jobs", "null"), 403);
  EXPECT_EQ(status("DELETE", "/jobs/1", "http://here:2"), 403);
  EXPECT_EQ(status("GET", "/jobs/1", "http://there"), 200);
}

}  // namespace
}  // namespace unclip::gateway
