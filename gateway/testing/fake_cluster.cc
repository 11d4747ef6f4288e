#include "gateway/testing/fake_cluster.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_matchers.h"
#include "common/rpc/keepalive.h"

namespace unclip::gateway {
namespace {

std::string ListOf(const std::vector<std::unique_ptr<FakeServer>>& servers) {
  return absl::StrJoin(servers, ",",
                       [](std::string* out, const std::unique_ptr<FakeServer>& server) { out->append(server->address()); });
}

}  // namespace

FakeCluster::FakeCluster(int prior_count, int decoder_count) : clip_server_(&clip_, "unclip.clip.v1.ClipService") {
  for (int i = 0; i < prior_count; ++i) {
    priors_.push_back(std::make_unique<FakePriorService>());
    prior_servers_.push_back(std::make_unique<FakeServer>(priors_.back().get(), "unclip.prior.v1.PriorService"));
  }
  for (int i = 0; i < decoder_count; ++i) {
    decoders_.push_back(std::make_unique<FakeDecoderService>());
    decoder_servers_.push_back(std::make_unique<FakeServer>(decoders_.back().get(), "unclip.decoder.v1.DecoderService"));
  }
}

FakeCluster::~FakeCluster() {
  if (gateway_ != nullptr) gateway_->StopWatching();
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  // The services go last, so that a test which ended early leaves no call hanging in a hook of its own.
}

void FakeCluster::Start(GatewayOptions options) {
  StartServices();
  StartGateway(std::move(options));
  ASSERT_TRUE(WaitUntil([](const UpstreamsUp& up) { return up.all; }));
}

void FakeCluster::StartServices() {
  clip_server_.Start();
  for (const auto& server : prior_servers_) server->Start();
  for (const auto& server : decoder_servers_) server->Start();
}

void FakeCluster::StartGateway(GatewayOptions options) {
  options.clip_target = clip_server_.address();
  options.prior_target = ListOf(prior_servers_);
  options.decoder_target = ListOf(decoder_servers_);
  ASSERT_OK_AND_ASSIGN(gateway_, Gateway::Create(options, metrics_));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.RegisterService(&gateway_->service());
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
  gateway_->StartWatching([this](const UpstreamsUp& up) {
    absl::MutexLock lock(&mutex_);
    up_ = up;
  });
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  channel_ = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments);
  stub_ = v1::ImageGenerationService::NewStub(channel_);
}

bool FakeCluster::WaitUntil(const std::function<bool(const UpstreamsUp&)>& wanted, absl::Duration timeout) {
  const auto holds = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return wanted(up_); };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&holds), timeout);
}

}  // namespace unclip::gateway
