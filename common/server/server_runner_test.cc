#include "common/server/server_runner.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "common/server/health_client.h"
#include "common/server/health_service.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr absl::Duration kTimeout = absl::Seconds(20);

ServerOptions Options() {
  ServerOptions options;
  options.drain_delay = absl::ZeroDuration();
  options.health_names = {"unclip.prior.v1.PriorService"};
  return options;
}

// A port of loopback that someone else listens on.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in self = {};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(self);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&self), length), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&self), &length), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(self.sin_port));
  }
  ~TakenPort() { close(fd_); }

  const std::string& address() const { return address_; }

 private:
  const int fd_;
  std::string address_;
};

std::shared_ptr<grpc::Channel> Connect(const ServerRunner& runner) {
  return grpc::CreateChannel(runner.grpc_address(), grpc::InsecureChannelCredentials());
}

TEST(ServerRunnerTest, TellsItsAddressesAndWhenItServes) {
  MetricsRegistry metrics("prior");
  testing::internal::CaptureStdout();
  {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
    runner->SetServing(true);
    runner->SetServing(false);
    runner->SetServing(true);
  }
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              MatchesRegex("listening grpc=127\\.0\\.0\\.1:[1-9][0-9]* metrics=127\\.0\\.0\\.1:[1-9][0-9]*\nserving\n"));
}

TEST(ServerRunnerTest, IsNotServingUntilToldTo) {
  MetricsRegistry metrics("prior");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
  const auto channel = Connect(*runner);
  for (const char* name : {"", "unclip.prior.v1.PriorService"}) {
    EXPECT_THAT(CheckHealth(channel, name, kTimeout), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
  }
  runner->SetServing(true);
  for (const char* name : {"", "unclip.prior.v1.PriorService"}) EXPECT_OK(CheckHealth(channel, name, kTimeout));
}

TEST(ServerRunnerTest, IsLiveBeforeItServesAndWhileItDrains) {
  MetricsRegistry metrics("prior");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
  const auto channel = Connect(*runner);
  EXPECT_OK(CheckHealth(channel, kLiveHealthName, kTimeout));
  runner->SetServing(true);
  runner->SetServing(false);
  EXPECT_OK(CheckHealth(channel, kLiveHealthName, kTimeout));
  runner->Stop();
  EXPECT_OK(runner->Wait([&](absl::Duration) {
    EXPECT_FALSE(CheckHealth(channel, "", kTimeout).ok());
    EXPECT_OK(CheckHealth(channel, kLiveHealthName, kTimeout));
  }));
}

TEST(ServerRunnerTest, DrainsWhenStopped) {
  MetricsRegistry metrics("prior");
  ServerOptions options = Options();
  options.grace = absl::Seconds(7);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(options, metrics, {}));
  runner->SetServing(true);
  const auto channel = Connect(*runner);
  ASSERT_OK(CheckHealth(channel, "", kTimeout));
  absl::Status while_draining;
  absl::Duration grace;
  std::thread waiter([&] {
    EXPECT_OK(runner->Wait([&](absl::Duration hook_grace) {
      grace = hook_grace;
      while_draining = CheckHealth(channel, "", kTimeout);  // the server is still up, and says that it is leaving
      runner->SetServing(true);                             // comes too late
    }));
  });
  runner->Stop();
  waiter.join();
  EXPECT_EQ(grace, absl::Seconds(7));
  EXPECT_THAT(while_draining, StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
  EXPECT_FALSE(runner->health().IsServing(""));
  EXPECT_FALSE(CheckHealth(channel, "", absl::Milliseconds(1)).ok());
}

TEST(ServerRunnerTest, StopsBeforeItWaits) {
  MetricsRegistry metrics("prior");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
  runner->Stop();
  EXPECT_OK(runner->Wait(nullptr));
}

TEST(ServerRunnerTest, DrainsOnASignal) {
  MetricsRegistry metrics("prior");
  for (const int signal : {SIGTERM, SIGINT}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
    runner->SetServing(true);
    bool drained = false;
    std::raise(signal);
    EXPECT_OK(runner->Wait([&](absl::Duration) { drained = true; }));
    EXPECT_TRUE(drained);
  }
}

TEST(ServerRunnerTest, RefusesAPortThatIsInUse) {
  const TakenPort taken;
  MetricsRegistry metrics("prior");
  ServerOptions options = Options();
  options.listen = taken.address();
  EXPECT_THAT(
      ServerRunner::Start(options, metrics, {}),
      StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot listen on " + taken.address() + ": the port is in use")));
  options = Options();
  options.metrics_listen = taken.address();
  EXPECT_THAT(ServerRunner::Start(options, metrics, {}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot listen on " + taken.address() + " for metrics")));
}

TEST(ServerRunnerTest, RefusesASecondRunnerInAProcess) {
  MetricsRegistry metrics("prior");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerRunner> runner, ServerRunner::Start(Options(), metrics, {}));
  EXPECT_THAT(ServerRunner::Start(Options(), metrics, {}), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
}

TEST(ServerRunnerTest, RefusesBadAddresses) {
  MetricsRegistry metrics("prior");
  ServerOptions options = Options();
  options.listen = "50051";
  EXPECT_THAT(ServerRunner::Start(options, metrics, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("listen is \"50051\""), HasSubstr("HOST:PORT"))));
  options = Options();
  options.metrics_listen = "x";
  EXPECT_THAT(ServerRunner::Start(options, metrics, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("metrics_listen is")));
  options = Options();
  options.listen = "192.0.2.1:0";  // TEST-NET-1: nobody's
  EXPECT_THAT(ServerRunner::Start(options, metrics, {}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot listen on 192.0.2.1:0")));
}

// What ends the process is tried in one of its own.
class ServerRunnerDeathTest : public testing::Test {
 protected:
  ServerRunnerDeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(ServerRunnerDeathTest, ExitsWithZeroOnASignalWhileLoading) {
  EXPECT_EXIT(
      {
        MetricsRegistry metrics("prior");
        const auto runner = ServerRunner::Start(Options(), metrics, {});
        std::raise(SIGTERM);
        absl::Notification().WaitForNotification();  // loads for ever
      },
      testing::ExitedWithCode(0), "signal");
}

TEST_F(ServerRunnerDeathTest, ExitsAtOnceOnASecondSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          MetricsRegistry metrics("prior");
          const auto runner = ServerRunner::Start(Options(), metrics, {});
          (*runner)->SetServing(true);
          std::raise(signal);
          (void)(*runner)->Wait([&](absl::Duration) {
            std::raise(signal);
            absl::Notification().WaitForNotification();  // drains for ever
          });
        },
        testing::ExitedWithCode(128 + signal), "draining");
  }
}

}  // namespace
}  // namespace unclip
