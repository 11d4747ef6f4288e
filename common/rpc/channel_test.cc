#include "common/rpc/channel.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_matchers.h"
#include "common/rpc/fake_dns_server.h"
#include "common/rpc/keepalive.h"
#include "common/server/health_service.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kService[] = "unclip.test.v1.TestService";

TEST(ResolveTargetTest, TakesEveryForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"prior:50051", "dns:///prior:50051"},
      {"prior.unclip.svc.cluster.local:50051", "dns:///prior.unclip.svc.cluster.local:50051"},
      {"localhost:1", "dns:///localhost:1"},
      {"dns:///prior:50051", "dns:///prior:50051"},
      {"dns:prior:50051", "dns:///prior:50051"},
      {"dns://10.0.0.53:53/prior:50051", "dns://10.0.0.53:53/prior:50051"},
      {"10.0.0.1:50051", "ipv4:10.0.0.1:50051"},
      {"10.0.0.1:50051,10.0.0.2:50052", "ipv4:10.0.0.1:50051,10.0.0.2:50052"},
      {"10.0.0.1:50051, 10.0.0.2:50052", "ipv4:10.0.0.1:50051,10.0.0.2:50052"},
      {"[::1]:50051", "ipv6:[::1]:50051"},
      {"[::1]:1,[fe80::1]:2", "ipv6:[::1]:1,[fe80::1]:2"},
      {"ipv4:10.0.0.1:1,10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2"},
      {"ipv6:[::1]:1", "ipv6:[::1]:1"},
  };
  for (const auto& [target, resolved] : cases) {
    ASSERT_OK_AND_ASSIGN(const std::string result, ResolveTarget("--prior_target", target));
    EXPECT_EQ(result, resolved);
  }
}

TEST(ResolveTargetTest, RefusesEverythingElse) {
  for (const char* target : {"",
                             "prior",
                             ":50051",
                             "prior:",
                             "prior:0",
                             "prior:65536",
                             "prior:http",
                             "10.0.0.1:1,",
                             ",10.0.0.1:1",
                             "10.0.0.1:1,,10.0.0.2:1",
                             "10.0.0.1",
                             "::1:50051",
                             "http://prior:50051",
                             "unix:/run/socket",
                             "unix:///run/socket",
                             "xds:///prior",
                             "dns:",
                             "dns:///",
                             "dns://prior:1",
                             "dns:////prior:1",
                             "ipv4:prior:1",
                             "ipv6:10.0.0.1:1",
                             "ipv4:[::1]:1",
                             "a b:1"}) {
    EXPECT_THAT(ResolveTarget("--prior_target", target),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--prior_target")))
        << target;
  }
}

TEST(ResolveTargetTest, SaysWhyAListCannotHoldNames) {
  EXPECT_THAT(ResolveTarget("--prior_target", "10.0.0.1:1,prior-2:1"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("prior-2"), HasSubstr("one DNS name"))));
  EXPECT_THAT(ResolveTarget("--prior_target", "prior-1:1,prior-2:1"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prior-1")));
  EXPECT_THAT(ResolveTarget("--prior_target", "10.0.0.1:1,[::1]:1"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("IPv4 addresses only or IPv6 addresses only")));
}

TEST(ServiceConfigTest, SaysWhatTheHeaderSays) {
  const nlohmann::json config = nlohmann::json::parse(ServiceConfigJson(kService));
  EXPECT_EQ(config["loadBalancingConfig"][0].begin().key(), "round_robin");
  EXPECT_EQ(config["healthCheckConfig"]["serviceName"], kService);
  const nlohmann::json& retry = config["methodConfig"][1]["retryPolicy"];
  EXPECT_EQ(retry["maxAttempts"], 4);
  EXPECT_EQ(retry["retryableStatusCodes"], nlohmann::json::array({"UNAVAILABLE"}));
}

// A server whose every method answers with its own address, or with what `handle` says.
class EchoServer {
 public:
  explicit EchoServer(const std::string& address) {
    health_.SetServing(kService, true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
    builder.RegisterService(&health_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr) << address;
    port_ = port;
    address_ = absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
  }

  ~EchoServer() {
    health_.EndWatches();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  void SetServing(bool serving) { health_.SetServing(kService, serving); }

  // How the next calls end; OK with the address once these are used up. Call before any.
  void FailNext(std::vector<grpc::Status> statuses) { service_.failures = std::move(statuses); }

  int calls() const { return service_.calls; }
  int port() const { return port_; }
  const std::string& address() const { return address_; }

 private:
  class Service final : public grpc::CallbackGenericService {
   public:
    explicit Service(const std::string* address) : address_(address) {}

    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* /*context*/) override {
      const size_t call = static_cast<size_t>(calls++);
      return new Reactor(call < failures.size() ? failures[call] : grpc::Status::OK, *address_);
    }

    std::atomic<int> calls = 0;
    std::vector<grpc::Status> failures;

   private:
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      Reactor(grpc::Status status, const std::string& address) : status_(std::move(status)) {
        const grpc::Slice slice(address);
        response_ = grpc::ByteBuffer(&slice, 1);
        StartRead(&request_);
      }
      void OnReadDone(bool /*ok*/) override {
        if (status_.ok()) {
          StartWriteAndFinish(&response_, grpc::WriteOptions(), status_);
        } else {
          Finish(status_);
        }
      }
      void OnDone() override { delete this; }

     private:
      const grpc::Status status_;
      grpc::ByteBuffer request_;
      grpc::ByteBuffer response_;
    };

    const std::string* const address_;
  };

  HealthService health_{{kService}};
  std::string address_;
  int port_ = 0;
  Service service_{&address_};
  std::unique_ptr<grpc::Server> server_;
};

class ChannelTest : public testing::Test {
 protected:
  void Connect(const std::string& target) {
    const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = CreateServiceChannel("target", target, kService);
    ASSERT_OK(channel);
    channel_ = *channel;
  }

  // Makes a call; `*answer` becomes the address of the server that answered.
  grpc::Status Call(std::string* answer, size_t request_bytes = 0, const char* method = "/unclip.test.v1.TestService/Test") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const grpc::Slice slice(std::string(request_bytes, 'x'));
    grpc::ByteBuffer response;
    const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
        channel_.get(), grpc::internal::RpcMethod(method, grpc::internal::RpcMethod::NORMAL_RPC), &context,
        grpc::ByteBuffer(&slice, 1), &response);
    grpc::Slice text;
    if (status.ok() && response.DumpToSingleSlice(&text).ok()) answer->assign(text.begin(), text.end());
    return status;
  }

  bool WaitUntilReady() { return channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)); }

  // Calls until `address` answers; false when it never does.
  bool CallUntilAnsweredBy(const std::string& address) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string answer;
    while (std::chrono::steady_clock::now() < end) {
      if (Call(&answer).ok() && answer == address) return true;
    }
    return false;
  }

  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ChannelTest, SpreadsCallsOverAListOfReplicas) {
  EchoServer first("127.0.0.1:0");
  EchoServer second("127.0.0.1:0");
  Connect(absl::StrCat(first.address(), ",", second.address()));
  ASSERT_TRUE(CallUntilAnsweredBy(first.address()));
  ASSERT_TRUE(CallUntilAnsweredBy(second.address()));
  const int first_before = first.calls();
  const int second_before = second.calls();
  std::string answer;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Call(&answer).ok());
  EXPECT_EQ(first.calls() - first_before, 5);
  EXPECT_EQ(second.calls() - second_before, 5);
}

TEST_F(ChannelTest, LeavesOutAReplicaThatIsNotServing) {
  EchoServer sick("127.0.0.1:0");
  EchoServer well("127.0.0.1:0");
  sick.SetServing(false);
  Connect(absl::StrCat(sick.address(), ",", well.address()));
  std::string answer;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Call(&answer).ok());
    EXPECT_EQ(answer, well.address());
  }
  EXPECT_EQ(sick.calls(), 0);
  sick.SetServing(true);
  EXPECT_TRUE(CallUntilAnsweredBy(sick.address()));
}

TEST_F(ChannelTest, RetriesACallThatNoReplicaBeganToAnswer) {
  EchoServer server("127.0.0.1:0");
  server.FailNext(std::vector<grpc::Status>(3, grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining")));
  Connect(server.address());
  std::string answer;
  EXPECT_TRUE(Call(&answer).ok());
  EXPECT_EQ(server.calls(), 4);
}

TEST_F(ChannelTest, GivesUpAfterFourAttempts) {
  EchoServer server("127.0.0.1:0");
  server.FailNext(std::vector<grpc::Status>(9, grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining")));
  Connect(server.address());
  std::string answer;
  const grpc::Status status = Call(&answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "draining");
  EXPECT_EQ(server.calls(), 4);
}

TEST_F(ChannelTest, RetriesRequestsOfMegabytes) {
  EchoServer server("127.0.0.1:0");
  server.FailNext({grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining")});
  Connect(server.address());
  std::string answer;
  EXPECT_TRUE(Call(&answer, 3'000'000).ok());
  EXPECT_EQ(server.calls(), 2);
}

TEST_F(ChannelTest, DoesNotRetryOtherErrorsNorTheProbe) {
  EchoServer server("127.0.0.1:0");
  server.FailNext({grpc::Status(grpc::StatusCode::INTERNAL, "broken"), grpc::Status(grpc::StatusCode::UNAVAILABLE, "loading")});
  Connect(server.address());
  std::string answer;
  EXPECT_EQ(Call(&answer).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(server.calls(), 1);
  EXPECT_EQ(Call(&answer, 0, "/unclip.test.v1.TestService/GetModelInfo").error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.calls(), 2);
}

TEST_F(ChannelTest, FailsFastWhenNobodyListens) {
  std::string address;
  {
    address = EchoServer("127.0.0.1:0").address();
  }
  Connect(address);
  std::string answer;
  EXPECT_EQ(Call(&answer).error_code(), grpc::StatusCode::UNAVAILABLE);
}

// gRPC 1.51 crashes there when the channels share their connections.
TEST_F(ChannelTest, FailsFastAtAnAddressWhereAnotherServiceWasNotFoundEither) {
  std::string address;
  {
    address = EchoServer("127.0.0.1:0").address();
  }
  std::vector<std::shared_ptr<grpc::Channel>> others;
  std::string answer;
  for (const char* service : {"unclip.test.v1.First", "unclip.test.v1.Second", "unclip.test.v1.Third"}) {
    ASSERT_OK_AND_ASSIGN(channel_, CreateServiceChannel("target", address, service));
    others.push_back(channel_);
    EXPECT_EQ(Call(&answer).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(ChannelTest, PassesLargeMessages) {
  EchoServer server("127.0.0.1:0");
  Connect(server.address());
  std::string answer;
  EXPECT_TRUE(Call(&answer, 30'000'000).ok());
}

TEST_F(ChannelTest, FindsAServiceAgainThatRestartedAtItsAddress) {
  auto server = std::make_unique<EchoServer>("127.0.0.1:0");
  const std::string address = server->address();
  Connect(address);
  ASSERT_TRUE(CallUntilAnsweredBy(address));
  server.reset();
  std::string answer;
  EXPECT_EQ(Call(&answer).error_code(), grpc::StatusCode::UNAVAILABLE);
  server = std::make_unique<EchoServer>(address);
  EXPECT_TRUE(WaitUntilReady());
  EXPECT_TRUE(CallUntilAnsweredBy(address));
}

TEST_F(ChannelTest, FollowsItsNameToANewAddress) {
  FakeDnsServer dns;
  auto old_server = std::make_unique<EchoServer>("127.0.0.2:0");
  dns.SetAddresses({"127.0.0.2"});
  Connect(absl::StrCat("dns://", dns.address(), "/prior.test:", old_server->port()));
  ASSERT_TRUE(CallUntilAnsweredBy(old_server->address()));

  // What a replaced pod looks like.
  EchoServer new_server(absl::StrCat("127.0.0.3:", old_server->port()));
  dns.SetAddresses({"127.0.0.3"});
  old_server.reset();
  EXPECT_TRUE(CallUntilAnsweredBy(new_server.address()));
}

TEST_F(ChannelTest, SpreadsCallsOverAllAddressesOfAName) {
  FakeDnsServer dns;
  EchoServer first("127.0.0.2:0");
  EchoServer second(absl::StrCat("127.0.0.3:", first.port()));
  dns.SetAddresses({"127.0.0.2", "127.0.0.3"});
  Connect(absl::StrCat("dns://", dns.address(), "/prior.test:", first.port()));
  EXPECT_TRUE(CallUntilAnsweredBy(first.address()));
  EXPECT_TRUE(CallUntilAnsweredBy(second.address()));
}

}  // namespace
}  // namespace unclip
