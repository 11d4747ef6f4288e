#include "tools/top/metrics_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "common/metrics/metrics_server.h"

namespace unclip::top {
namespace {

using ::testing::HasSubstr;

// Takes connections and never answers.
class SilentServer {
 public:
  SilentServer() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { close(fd_); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const int fd_;
  int port_ = 0;
};

TEST(MetricsFetcherTest, GetsWhatEachSaysInOrder) {
  MetricsRegistry prior("prior"), decoder("decoder");
  const auto first = MetricsServer::Start("127.0.0.1:0", prior);
  const auto second = MetricsServer::Start("127.0.0.1:0", decoder);
  ASSERT_OK(first);
  ASSERT_OK(second);
  MetricsFetcher fetcher({(*first)->address(), (*second)->address()}, absl::Minutes(1));
  for (int round = 0; round < 2; ++round) {
    const Answers answers = fetcher.Fetch();
    ASSERT_EQ(answers.size(), 2);
    ASSERT_OK(answers[0].second);
    ASSERT_OK(answers[1].second);
    EXPECT_EQ(answers[0].first, (*first)->address());
    EXPECT_THAT(*answers[0].second, HasSubstr("unclip_prior_build_info"));
    EXPECT_THAT(*answers[1].second, HasSubstr("unclip_decoder_build_info"));
  }
}

TEST(MetricsFetcherTest, SaysWhoDoesNotAnswerAndGoesOnWithTheOthers) {
  MetricsRegistry prior("prior");
  auto server = MetricsServer::Start("127.0.0.1:0", prior);
  ASSERT_OK(server);
  const SilentServer silent;
  const std::string closed = [] { return SilentServer().address(); }();
  MetricsFetcher fetcher({closed, silent.address(), (*server)->address()}, absl::Seconds(1));
  const Answers answers = fetcher.Fetch();
  EXPECT_THAT(answers[0].second.status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("connect")));
  EXPECT_THAT(answers[1].second.status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Timeout")));
  EXPECT_OK(answers[2].second);
}

}  // namespace
}  // namespace unclip::top
