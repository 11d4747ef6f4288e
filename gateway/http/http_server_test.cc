#include "gateway/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "gateway/http/testing/raw_client.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

HttpResponse Text(std::string body, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain";
  response.SetBody(std::move(body));
  return response;
}

// Says what it was asked.
void Echo(const std::shared_ptr<HttpExchange>& exchange) {
  const HttpRequest& request = exchange->request();
  exchange->Respond(Text(absl::StrCat(request.method, " ", request.path, " ?", request.query, " ", request.body)));
}

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServer::Handler handler = Echo, const HttpServerOptions& options = {}) {
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
        options, std::move(handler), [](int status, const std::string& message) { return Text(message, status); });
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // What comes back until the connection is closed.
  std::string Ask(absl::string_view request) {
    RawClient client(server_->address());
    EXPECT_TRUE(client.Send(request));
    return client.ReadAll();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersRequestsOnOneConnection) {
  Start();
  RawClient client(server_->address());
  for (int i = 0; i < 3; ++i) {
    client.Send(absl::StrCat("POST /a/b?c=", i, " HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"));
    EXPECT_THAT(client.ReadAnswer(),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith(absl::StrCat("POST /a/b ?c=", i, " body"))));
  }
  EXPECT_EQ(server_->connection_count(), 1U);
}

TEST_F(HttpServerTest, AnswersRequestsThatDidNotWaitForEachOther) {
  Start();
  RawClient client(server_->address());
  client.Send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("GET /1 ? "));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("GET /2 ? "));
}

TEST_F(HttpServerTest, ClosesWhenAsked) {
  Start();
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), EndsWith("GET / ? "));
  EXPECT_THAT(Ask("GET / HTTP/1.0\r\n\r\n"), EndsWith("GET / ? "));
}

TEST_F(HttpServerTest, AnswersWhoHasEndedSending) {
  Start();
  RawClient client(server_->address());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.EndSending();
  EXPECT_THAT(client.ReadAll(), EndsWith("GET / ? "));
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  Start();
  EXPECT_THAT(Ask("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 9\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, TellsAWaitingClientToGoOn) {
  Start();
  RawClient client(server_->address());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.Send("hi");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("POST / ? hi"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoHttp) {
  Start();
  for (const char* request :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\na"}) {
    EXPECT_THAT(Ask(request), StartsWith("HTTP/1.1 400 ")) << request;
  }
}

// What a proxy in front could take for one request and this server for two.
TEST_F(HttpServerTest, RefusesRequestsOfTwoLengths) {
  Start();
  for (const char* headers :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5", "Transfer-Encoding: chunked, identity"}) {
    EXPECT_THAT(Ask(absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\n", headers, "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")),
                AllOf(StartsWith("HTTP/1.1 400 "), Not(HasSubstr("smuggled"))))
        << headers;
  }
}

TEST_F(HttpServerTest, RefusesAFloodOfHeaders) {
  Start(Echo, {.max_header_bytes = 1000});
  std::string request = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&request, "Header-", i, ": ", std::string(20, 'x'), "\r\n");
  EXPECT_THAT(Ask(request + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, RefusesALongBodyBeforeItIsSent) {
  Start(Echo, {.max_body_bytes = 1000});
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("1000 bytes")));
}

TEST_F(HttpServerTest, RefusesALongBodyOfUnknownLength) {
  Start(Echo, {.max_body_bytes = 1000});
  EXPECT_THAT(
      Ask(absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", std::string(1001, 'x'))),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, TellsASlowSenderThatItIsTooLate) {
  Start(Echo, {.head_timeout = absl::Milliseconds(20), .body_timeout = absl::Milliseconds(20)});
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost:"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nha"), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, ClosesIdleConnections) {
  Start(Echo, {.idle_timeout = absl::Milliseconds(20)});
  EXPECT_EQ(Ask(""), "");
}

TEST_F(HttpServerTest, ClosesTheConnectionOfWhoReadsNothing) {
  absl::Notification left;
  Start(
      [&left](const std::shared_ptr<HttpExchange>& exchange) {
        exchange->OnLeave([&left] { left.Notify(); });
        exchange->Respond(Text(std::string(32 << 20, 'x')));
      },
      {.write_timeout = -absl::Seconds(511)});  // 1 s for 32 MiB
  RawClient client(server_->address());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  left.WaitForNotification();
}

TEST_F(HttpServerTest, TellsWhenTheClientLeaves) {
  absl::Notification arrived, left;
  std::shared_ptr<HttpExchange> held;
  Start([&](std::shared_ptr<HttpExchange> exchange) {
    exchange->OnLeave([&left] { left.Notify(); });
    held = std::move(exchange);
    arrived.Notify();
  });
  RawClient client(server_->address());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  arrived.WaitForNotification();
  client.Close();
  left.WaitForNotification();
  held->Respond(Text("too late"));
}

TEST_F(HttpServerTest, TellsAtOnceWhenTheClientHasLeft) {
  absl::Notification arrived, left, left_again;
  std::shared_ptr<HttpExchange> held;
  Start([&](std::shared_ptr<HttpExchange> exchange) {
    exchange->OnLeave([&left] { left.Notify(); });
    held = std::move(exchange);
    arrived.Notify();
  });
  RawClient client(server_->address());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  arrived.WaitForNotification();
  client.Close();
  left.WaitForNotification();
  held->OnLeave([&left_again] { left_again.Notify(); });
  left_again.WaitForNotification();
}

// Sends "piece 0", "piece 1" and so on.
class Streamer : public std::enable_shared_from_this<Streamer> {
 public:
  Streamer(std::shared_ptr<HttpExchange> exchange, int pieces) : exchange_(std::move(exchange)), pieces_(pieces) {}
  void Start() {
    exchange_->StartStream(Text(""), [self = shared_from_this()] { self->Next(); });
  }

 private:
  void Next() {
    if (sent_ == pieces_) return exchange_->EndStream();
    exchange_->Write(absl::StrCat("piece ", sent_++));
  }

  const std::shared_ptr<HttpExchange> exchange_;
  const int pieces_;
  int sent_ = 0;
};

void StreamThree(std::shared_ptr<HttpExchange> exchange) { std::make_shared<Streamer>(std::move(exchange), 3)->Start(); }

TEST_F(HttpServerTest, StreamsInPieces) {
  Start(StreamThree);
  RawClient client(server_->address());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), EndsWith("\r\n7\r\npiece 0\r\n7\r\npiece 1\r\n7\r\npiece 2\r\n0\r\n\r\n"));
  }
}

TEST_F(HttpServerTest, StreamsToAnOldClientUntilTheConnectionCloses) {
  Start(StreamThree);
  EXPECT_THAT(Ask("GET / HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\npiece 0piece 1piece 2"));
}

TEST_F(HttpServerTest, ClosesTheConnectionOfARequestThatNobodyAnswers) {
  Start([](std::shared_ptr<HttpExchange> exchange) { exchange.reset(); });
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
}

TEST_F(HttpServerTest, StopClosesIdleConnectionsAndFinishesAnswers) {
  absl::Notification arrived;
  std::shared_ptr<HttpExchange> held;
  Start([&](std::shared_ptr<HttpExchange> exchange) {
    held = std::move(exchange);
    arrived.Notify();
  });
  RawClient idle(server_->address());
  RawClient busy(server_->address());
  busy.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  arrived.WaitForNotification();
  held->Respond(Text("done"));
  server_->Stop();
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_THAT(busy.ReadAll(), EndsWith("done"));
}

TEST_F(HttpServerTest, AnExchangeMayOutliveTheServer) {
  absl::Notification arrived;
  std::shared_ptr<HttpExchange> held;
  Start(
      [&](std::shared_ptr<HttpExchange> exchange) {
        held = std::move(exchange);
        arrived.Notify();
      },
      {.shutdown_timeout = absl::ZeroDuration()});
  RawClient client(server_->address());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  arrived.WaitForNotification();
  server_.reset();
  held->Respond(Text("too late"));
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(HttpServerTest, SaysWhichAddressCannotBe) {
  const auto start = [](const std::string& listen) {
    return HttpServer::Start({.listen = listen}, Echo, [](int, const std::string&) { return HttpResponse(); }).status();
  };
  EXPECT_THAT(start("nowhere"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--http_listen")));
  Start();
  EXPECT_THAT(start(server_->address()), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(server_->address())));
}

}  // namespace
}  // namespace unclip::gateway
