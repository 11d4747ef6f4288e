#include "common/metrics/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "common/net/host_port.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The whole answer to GET `path`, headers included.
std::string Get(const std::string& address, const std::string& path) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort("address", address);
  if (!parsed.ok()) return parsed.status().ToString();
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in peer = {};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(parsed->port));
  inet_pton(AF_INET, parsed->host.c_str(), &peer.sin_addr);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) return "cannot connect";
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, static_cast<size_t>(n));
  close(fd);
  return answer;
}

TEST(MetricsServerTest, ServesMetricsOnAFreePort) {
  MetricsRegistry registry("prior");
  registry.AddGauge("in_flight", "Requests.").Add({}).Set(3);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<MetricsServer> server, MetricsServer::Start("127.0.0.1:0", registry));
  EXPECT_THAT(server->address(), testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_THAT(Get(server->address(), "/metrics"),
              AllOf(HasSubstr("200 OK"), HasSubstr("# HELP unclip_prior_in_flight Requests."),
                    HasSubstr("# TYPE unclip_prior_in_flight gauge"), HasSubstr("\nunclip_prior_in_flight 3\n"),
                    HasSubstr("unclip_prior_build_info{version=\""), HasSubstr("unclip_prior_start_time_seconds ")));
}

TEST(MetricsServerTest, ServesDebugPagesBesideMetrics) {
  MetricsRegistry registry("prior");
  DebugRequest request;
  request.request_id = "the-id";
  const DebugSources debug = {.process = "prior", .requests = [request] { return std::vector<DebugRequest>{request}; }};
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<MetricsServer> server, MetricsServer::Start("127.0.0.1:0", registry, debug));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<MetricsServer> other, MetricsServer::Start("127.0.0.1:0", registry));
  EXPECT_THAT(Get(server->address(), "/debug/requests"),
              AllOf(HasSubstr("200 OK"), HasSubstr("Content-Type: application/json"), HasSubstr("\"the-id\"")));
  EXPECT_THAT(Get(server->address(), "/debug/requests?format=html"), AllOf(HasSubstr("text/html"), HasSubstr("<td>the-id</td>")));
  EXPECT_THAT(Get(other->address(), "/debug/requests"), Not(HasSubstr("the-id")));
  EXPECT_THAT(Get(server->address(), "/debug/"), HasSubstr("/debug/requests"));
  EXPECT_THAT(Get(server->address(), "/debug/nothing"), HasSubstr("404"));
  EXPECT_THAT(Get(server->address(), "/metrics"), HasSubstr("unclip_prior_build_info"));
}

TEST(MetricsServerTest, RefusesAPortThatIsInUse) {
  MetricsRegistry registry("prior");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<MetricsServer> server, MetricsServer::Start("127.0.0.1:0", registry));
  EXPECT_THAT(MetricsServer::Start(server->address(), registry),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot listen on " + server->address())));
}

TEST(MetricsServerTest, RefusesBadAddresses) {
  MetricsRegistry registry("prior");
  for (const char* address : {"", "8080", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000"}) {
    EXPECT_THAT(MetricsServer::Start(address, registry),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("metrics_listen is")));
  }
}

}  // namespace
}  // namespace unclip
