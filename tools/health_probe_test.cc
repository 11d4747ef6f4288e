#include "tools/health_probe.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

constexpr absl::Duration kLong = absl::Seconds(60);

// A server with the health service that comes with gRPC, or without one.
class HealthyServer {
 public:
  explicit HealthyServer(bool with_health) {
    grpc::EnableDefaultHealthCheckService(with_health);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  void SetServing(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }
  const std::string& address() const { return address_; }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST(HealthProbeTest, FollowsWhatTheServerSays) {
  HealthyServer server(true);
  server.SetServing(false);
  EXPECT_FALSE(IsServing(server.address(), kLong));
  server.SetServing(true);
  EXPECT_TRUE(IsServing(server.address(), kLong));
  server.SetServing(false);
  EXPECT_FALSE(IsServing(server.address(), kLong));
}

TEST(HealthProbeTest, AServerWithoutHealthServiceDoesNotServe) { EXPECT_FALSE(IsServing(HealthyServer(false).address(), kLong)); }

TEST(HealthProbeTest, NobodyThereDoesNotServeUntilSomebodyIs) {
  std::string address;
  {
    HealthyServer gone(true);
    address = gone.address();
  }
  EXPECT_FALSE(IsServing(address, absl::Milliseconds(200)));
  EXPECT_FALSE(IsServing("not an address", absl::Milliseconds(200)));
}

}  // namespace
}  // namespace unclip
