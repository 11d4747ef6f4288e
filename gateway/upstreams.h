// The services behind the gateway: whether they are up, and what their models can do together.
#ifndef UNCLIP_GATEWAY_UPSTREAMS_H_
#define UNCLIP_GATEWAY_UPSTREAMS_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/cancellation.h"
#include "gateway/capabilities.h"
#include "gateway/clients/clip_client.h"
#include "gateway/clients/decoder_client.h"
#include "gateway/clients/prior_client.h"
#include "gateway/upstream_watcher.h"
#include "unclip/common/v1/model_info.pb.h"

namespace unclip::gateway {

// Which services are up; `all` says that the gateway can work: all three are up, and their models fit together.
struct UpstreamsUp {
  bool clip = false;
  bool prior = false;
  bool decoder = false;
  bool all = false;
};

// The channels and clients must be of the same targets; the clients must outlive the Upstreams.
struct UpstreamsOptions {
  ClipClient* clip = nullptr;
  PriorClient* prior = nullptr;
  DecoderClient* decoder = nullptr;
  std::shared_ptr<grpc::Channel> clip_channel = nullptr;
  std::shared_ptr<grpc::Channel> prior_channel = nullptr;
  std::shared_ptr<grpc::Channel> decoder_channel = nullptr;
  std::string clip_target;  // for messages
  std::string prior_target;
  std::string decoder_target;
  absl::Duration refresh_interval = absl::Seconds(10);  // see UpstreamWatcherOptions
};

// Thread-safe.
class Upstreams {
 public:
  explicit Upstreams(UpstreamsOptions options);

  // Stops.
  ~Upstreams();

  // Starts watching. `on_change` is called, by one thread at a time, whenever something may have changed. Call once.
  void Start(std::function<void(const UpstreamsUp&)> on_change);

  // No `on_change` is called any more when this returns. Harmless twice.
  void Stop();

  // What the models can do, even while a service is away. UNAVAILABLE, naming the services, until each has been reached once, and
  // while the models do not fit together.
  absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The same, for a request that is to be worked on now: also UNAVAILABLE while a service is away.
  absl::StatusOr<std::shared_ptr<const Capabilities>> ReadyCapabilities() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Asks `client` with a short deadline and keeps the answer in `*kept`.
  template <typename Client, typename ModelInfo>
  absl::Status Fetch(const char* name, Client* client, std::optional<ModelInfo>* kept) ABSL_LOCKS_EXCLUDED(mutex_);

  // Brings capabilities_ up to date.
  void Combine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Announce() ABSL_LOCKS_EXCLUDED(announce_mutex_, mutex_);
  absl::Status MissingServices() const;

  const UpstreamsOptions options_;
  Cancellation stopped_;  // cuts fetches short

  mutable absl::Mutex mutex_;
  std::optional<clip::v1::GetModelInfoResponse> clip_info_ ABSL_GUARDED_BY(mutex_);
  std::optional<prior::v1::GetModelInfoResponse> prior_info_ ABSL_GUARDED_BY(mutex_);
  std::optional<decoder::v1::GetModelInfoResponse> decoder_info_ ABSL_GUARDED_BY(mutex_);
  absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex announce_mutex_;
  std::function<void(const UpstreamsUp&)> on_change_ ABSL_GUARDED_BY(announce_mutex_);

  // Last, so that their threads end first.
  UpstreamWatcher clip_watcher_;
  UpstreamWatcher prior_watcher_;
  UpstreamWatcher decoder_watcher_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_UPSTREAMS_H_
