// A whole cluster in one process: a real gateway over real gRPC, with fake services behind it.
#ifndef UNCLIP_GATEWAY_TESTING_FAKE_CLUSTER_H_
#define UNCLIP_GATEWAY_TESTING_FAKE_CLUSTER_H_

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/gateway.h"
#include "gateway/testing/fake_server.h"
#include "gateway/testing/fake_services.h"
#include "gateway/upstreams.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"

namespace unclip::gateway {

// Set the services' hooks, then Start().
class FakeCluster {
 public:
  explicit FakeCluster(int prior_count = 1, int decoder_count = 1);

  // Kills everything.
  ~FakeCluster();

  // Starts the services and a gateway before them, and waits until it is ready. The targets in `options` are filled in.
  void Start(GatewayOptions options = {});

  // The same in two steps, for tests of a gateway whose services are not up.
  void StartServices();
  void StartGateway(GatewayOptions options = {});

  // Waits until `wanted` holds of what the gateway says is up; false when it does not within `timeout`.
  bool WaitUntil(const std::function<bool(const UpstreamsUp&)>& wanted, absl::Duration timeout = absl::Seconds(20))
      ABSL_LOCKS_EXCLUDED(mutex_);

  FakeClipService& clip() { return clip_; }
  FakePriorService& prior(int i = 0) { return *priors_[i]; }
  FakeDecoderService& decoder(int i = 0) { return *decoders_[i]; }
  FakeServer& clip_server() { return clip_server_; }
  FakeServer& prior_server(int i = 0) { return *prior_servers_[i]; }
  FakeServer& decoder_server(int i = 0) { return *decoder_servers_[i]; }

  Gateway& gateway() { return *gateway_; }
  const MetricsRegistry& metrics() const { return metrics_; }
  v1::ImageGenerationService::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }

 private:
  FakeClipService clip_;
  std::vector<std::unique_ptr<FakePriorService>> priors_;
  std::vector<std::unique_ptr<FakeDecoderService>> decoders_;
  FakeServer clip_server_;
  std::vector<std::unique_ptr<FakeServer>> prior_servers_;
  std::vector<std::unique_ptr<FakeServer>> decoder_servers_;

  absl::Mutex mutex_;
  UpstreamsUp up_ ABSL_GUARDED_BY(mutex_);

  MetricsRegistry metrics_{"gateway"};
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_FAKE_CLUSTER_H_
