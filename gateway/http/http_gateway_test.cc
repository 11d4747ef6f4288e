#include "gateway/http/http_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "gateway/http/testing/raw_client.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

struct Answer {
  std::string head;
  Json body;
};

class HttpGatewayTest : public testing::Test {
 protected:
  void Start() {
    cluster_.Start();
    absl::StatusOr<std::unique_ptr<HttpGateway>> http = HttpGateway::Start({}, &cluster_.gateway().dispatcher(), metrics_);
    ASSERT_OK(http);
    http_ = *std::move(http);
  }

  ~HttpGatewayTest() override {
    if (http_ == nullptr) return;
    http_->BeginStop();
    cluster_.gateway().dispatcher().Drain(absl::ZeroDuration());
  }

  static std::string Post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: gateway.test:1\r\nContent-Type: application/json\r\n", headers,
                        "Content-Length: ", body.size(), "\r\n\r\n", body);
  }

  std::string Ask(const std::string& request) {
    RawClient client(http_->address());
    client.Send(request);
    return client.ReadAnswer();
  }

  Answer AskJson(const std::string& request) {
    const std::string whole = Ask(request);
    const size_t end = whole.find("\r\n\r\n");
    return {.head = whole.substr(0, end), .body = Json::parse(whole.substr(end + 4))};
  }

  Answer Get(const std::string& path) { return AskJson(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: h\r\n\r\n")); }

  FakeCluster cluster_;
  MetricsRegistry metrics_{"gateway"};
  std::unique_ptr<HttpGateway> http_;
};

constexpr char kGenerations[] = "/v1/images/generations";

TEST_F(HttpGatewayTest, DrawsPictures) {
  Start();
  const Answer answer =
      AskJson(Post(kGenerations, R"({"prompt":"a cat","n":2,"seed":7,"response_format":"b64_json","output_format":"jpeg"})"));
  EXPECT_THAT(answer.head, AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("x-request-id: ")));
  ASSERT_EQ(answer.body["data"].size(), 2U);
  for (int i = 0; i < 2; ++i) {
    const Json& picture = answer.body["data"][i];
    std::string file;
    ASSERT_TRUE(absl::Base64Unescape(picture["b64_json"].get<std::string>(), &file));
    EXPECT_THAT(file, StartsWith("\xff\xd8\xff"));
    EXPECT_EQ(picture["seed"], 7 + i);
    EXPECT_EQ(picture["candidate_similarities"].size(), 2U);
    EXPECT_EQ(picture["similarity"], picture["candidate_similarities"][picture["candidate_index"].get<int>()]);
    EXPECT_GE(picture["timings"]["total_ms"].get<double>(), 0);
  }
  EXPECT_EQ(answer.body["output_format"], "jpeg");
  EXPECT_EQ(answer.body["size"], "8x8");
}

TEST_F(HttpGatewayTest, APictureBehindAUrlCanBeFetched) {
  Start();
  const Answer answer = AskJson(Post(kGenerations, R"({"prompt":"a cat"})"));
  std::string url = answer.body["data"][0]["url"];
  EXPECT_THAT(url, StartsWith("http://gateway.test:1/v1/images/files/"));
  url.erase(0, std::string("http://gateway.test:1").size());
  EXPECT_THAT(Ask(absl::StrCat("GET ", url, " HTTP/1.1\r\nHost: h\r\n\r\n")),
              AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("image/png"), HasSubstr("\r\n\r\n\x89PNG")));
  EXPECT_THAT(Get("/v1/images/files/other.png").head, StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpGatewayTest, StreamsPreviewsAndThePicture) {
  Start();
  RawClient client(http_->address());
  client.Send(Post(kGenerations, R"({"prompt":"a cat","stream":true,"partial_images":2})"));
  const std::string answer = client.ReadUntil("0\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("text/event-stream"),
                            HasSubstr("event: image_generation.partial_image\n"), HasSubstr("\"partial_image_index\":1"),
                            HasSubstr("event: image_generation.completed\n"), HasSubstr("\"usage\":{")));
  EXPECT_EQ(answer.find("\"partial_image_index\":2"), std::string::npos);
}

// Width of the PNG that an event holds.
int WidthIn(const std::string& event) {
  const size_t data = event.find("data: ");
  if (data == std::string::npos) return -1;
  std::string file;
  if (!absl::Base64Unescape(Json::parse(event.substr(data + 6)).value("b64_json", ""), &file) || file.size() < 24) return -1;
  return static_cast<unsigned char>(file[19]);  // the last byte of IHDR's width
}

TEST_F(HttpGatewayTest, PartialPicturesHaveTheFinalSize) {
  Start();
  RawClient client(http_->address());
  client.Send(Post(kGenerations, R"({"prompt":"a cat","stream":true,"partial_images":1,"size":"64x64"})"));
  client.ReadUntil("\r\n\r\n");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(WidthIn(client.ReadUntil("\n\n")), 64);
}

TEST_F(HttpGatewayTest, SaysWhatIsWrongWithARequest) {
  Start();
  const Answer answer = AskJson(Post(kGenerations, R"({"prompt":"p","n":11})"));
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(answer.body["error"]["param"], "n");
  EXPECT_EQ(AskJson(Post(kGenerations, R"({"prompt":"p","stlye":1})")).body["error"]["code"], "unknown_parameter");
  // What only the pipeline knows.
  EXPECT_EQ(AskJson(Post(kGenerations, R"({"prompt":"  "})")).body["error"]["param"], "prompt");
  EXPECT_EQ(AskJson(Post(kGenerations, "{\"prompt\":\"a\x01\"}")).body["error"]["type"], "invalid_request_error");
  EXPECT_THAT(AskJson("POST /v1/images/generations HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}").head,
              StartsWith("HTTP/1.1 415 "));
  EXPECT_EQ(AskJson(Post(kGenerations, R"({"prompt":"p"})", "Request-Timeout: soon\r\n")).body["error"]["type"],
            "invalid_request_error");
}

TEST_F(HttpGatewayTest, EvenWhatIsNoRequestGetsAnId) {
  Start();
  const Answer answer = AskJson("no request\r\n\r\n");
  EXPECT_THAT(answer.head, AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("x-request-id: ")));
  EXPECT_EQ(answer.body["error"]["code"], "bad_request");
}

// The decoder waits until the request is cancelled.
void HoldDecoder(FakeCluster& cluster, absl::Notification* held, absl::Notification* released) {
  cluster.decoder().on_step = [=](grpc::ServerContext& context, const FakeDecoderService::Request&, int) {
    if (!held->HasBeenNotified()) held->Notify();
    WaitUntilCancelled(context);
    if (!released->HasBeenNotified()) released->Notify();
    return grpc::Status::CANCELLED;
  };
}

TEST_F(HttpGatewayTest, GivesUpWhenTheClientsTimeIsOver) {
  absl::Notification held, released;
  HoldDecoder(cluster_, &held, &released);
  Start();
  const Answer answer = AskJson(Post(kGenerations, R"({"prompt":"p"})", "Request-Timeout: 0.2\r\n"));
  EXPECT_THAT(answer.head, AllOf(StartsWith("HTTP/1.1 504 "), HasSubstr("x-should-retry: false")));
  released.WaitForNotification();
}

TEST_F(HttpGatewayTest, StopsTheWorkWhenTheClientLeaves) {
  for (const char* body : {R"({"prompt":"p"})", R"({"prompt":"p","stream":true})"}) {
    absl::Notification held, released;
    HoldDecoder(cluster_, &held, &released);
    if (http_ == nullptr) Start();
    RawClient client(http_->address());
    client.Send(Post(kGenerations, body));
    held.WaitForNotification();
    client.Close();
    released.WaitForNotification();
  }
}

TEST_F(HttpGatewayTest, SaysInTheStreamWhatWentWrong) {
  cluster_.decoder().on_step = [](grpc::ServerContext&, const FakeDecoderService::Request&, int) {
    return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
  };
  Start();
  RawClient client(http_->address());
  client.Send(Post(kGenerations, R"({"prompt":"p","stream":true})"));
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), AllOf(HasSubstr("data: {\"error\":{"), HasSubstr("broken")));
}

// Head and first pieces, up to `end`.
std::string Watch(const std::string& address, const std::string& id, const std::string& end) {
  RawClient client(address);
  client.Send(absl::StrCat("GET /v1/jobs/", id, "/events HTTP/1.1\r\nHost: h\r\n\r\n"));
  return client.ReadUntil(end);
}

TEST_F(HttpGatewayTest, DrawsAJobsPicturesMeanwhile) {
  Start();
  const Answer created = AskJson(Post("/v1/jobs", R"({"prompt":"a cat","seed":5,"response_format":"b64_json"})"));
  EXPECT_THAT(created.head, AllOf(StartsWith("HTTP/1.1 202 "), HasSubstr("location: /v1/jobs/")));
  EXPECT_EQ(created.body["parameters"]["seed"], 5);
  const std::string id = created.body["id"];
  EXPECT_THAT(Watch(http_->address(), id, "0\r\n\r\n"), AllOf(HasSubstr("event: status"), HasSubstr("\"status\":\"succeeded\"")));
  const Json job = Get("/v1/jobs/" + id).body;
  EXPECT_EQ(job["status"], "succeeded");
  const Json drawn = AskJson(Post(kGenerations, R"({"prompt":"a cat","seed":5,"response_format":"b64_json"})")).body;
  EXPECT_EQ(job["result"]["data"][0]["b64_json"], drawn["data"][0]["b64_json"]);
  const std::string forget = absl::StrCat("DELETE /v1/jobs/", id, " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(AskJson(forget).body["deleted"], true);
  EXPECT_THAT(Get("/v1/jobs/" + id).head, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(AskJson(forget).head, StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpGatewayTest, CancelsAJob) {
  absl::Notification held, released;
  HoldDecoder(cluster_, &held, &released);
  Start();
  const std::string id = AskJson(Post("/v1/jobs", R"({"prompt":"a cat"})")).body["id"];
  held.WaitForNotification();
  EXPECT_EQ(Get("/v1/jobs/" + id).body["status"], "running");
  EXPECT_EQ(AskJson(absl::StrCat("DELETE /v1/jobs/", id, " HTTP/1.1\r\nHost: h\r\n\r\n")).body["status"], "cancelled");
  released.WaitForNotification();
  EXPECT_THAT(Watch(http_->address(), id, "0\r\n\r\n"), HasSubstr("\"status\":\"cancelled\""));
}

TEST_F(HttpGatewayTest, RefusesAJobThatCannotBe) {
  Start();
  EXPECT_EQ(AskJson(Post("/v1/jobs", R"({"prompt":" "})")).body["error"]["param"], "prompt");
  EXPECT_EQ(AskJson(Post("/v1/jobs", R"({"prompt":"p","stream":true})")).body["error"]["param"], "stream");
}

TEST_F(HttpGatewayTest, DrawsOnceForARequestThatComesAgain) {
  Start();
  const std::string request = Post(kGenerations, R"({"prompt":"a cat","response_format":"b64_json"})", "Idempotency-Key: k\r\n");
  const Json first = AskJson(request).body;
  const Json again = AskJson(request).body;
  EXPECT_EQ(first, again);  // the seed was drawn, so another picture would differ
  EXPECT_EQ(cluster_.decoder().log.size(), 1U);
  EXPECT_THAT(AskJson(Post(kGenerations, R"({"prompt":"a dog"})", "Idempotency-Key: k\r\n")).head, StartsWith("HTTP/1.1 409 "));
}

TEST_F(HttpGatewayTest, TellsWhatTheModelsCanDo) {
  Start();
  EXPECT_EQ(Get("/v1/models").body["data"][0]["id"], "dall-e-2");
  EXPECT_EQ(Get("/v1/models/unclip").body["object"], "model");
  EXPECT_EQ(Get("/v1/models/none").body["error"]["code"], "model_not_found");
  const Json capabilities = Get("/v1/capabilities").body;
  EXPECT_EQ(capabilities["native_size"], "8x8");
  EXPECT_EQ(capabilities["n"]["maximum"], 10);
  EXPECT_EQ(capabilities["presets"][2]["name"], "fast");
}

TEST_F(HttpGatewayTest, IsReadyWhenTheServicesAre) {
  Start();
  EXPECT_EQ(Get("/healthz").body["status"], "ok");
  EXPECT_THAT(Get("/readyz").head, StartsWith("HTTP/1.1 503 "));
  http_->SetUp({.clip = true, .prior = true, .decoder = true, .all = true});
  EXPECT_THAT(Get("/readyz").head, StartsWith("HTTP/1.1 200 "));
  http_->SetUp({.clip = true, .prior = false, .decoder = true, .all = false});
  const Answer answer = Get("/readyz");
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(answer.body["services"]["prior"], false);
}

TEST_F(HttpGatewayTest, ShowsItsMetrics) {
  Start();
  Get("/healthz");
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"),
              HasSubstr("unclip_gateway_http_requests_total{route=\"/healthz\",status=\"200\"} 1"));
}

TEST_F(HttpGatewayTest, ServesThePageWithAPolicy) {
  Start();
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("text/html"), HasSubstr("default-src 'none'")));
}

}  // namespace
}  // namespace unclip::gateway
