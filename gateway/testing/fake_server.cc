#include "gateway/testing/fake_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/keepalive.h"

namespace unclip::gateway {

void FakeServer::Start() {
  health_ = std::make_unique<HealthService>(std::vector<std::string>{name_});
  health_->SetServing(name_, true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.RegisterService(service_);
  builder.RegisterService(health_.get());
  absl::MutexLock lock(&mutex_);
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr) << "cannot listen on " << address_;
  address_ = absl::StrCat("127.0.0.1:", port);
}

void FakeServer::Kill() {
  std::unique_ptr<grpc::Server> server;
  {
    absl::MutexLock lock(&mutex_);
    server = std::move(server_);
  }
  if (server == nullptr) return;
  health_->EndWatches();
  server->Shutdown(std::chrono::system_clock::now());
}

}  // namespace unclip::gateway
