// Knows whether one of the services behind the gateway is up.
#ifndef UNCLIP_GATEWAY_UPSTREAM_WATCHER_H_
#define UNCLIP_GATEWAY_UPSTREAM_WATCHER_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace unclip::gateway {

struct UpstreamWatcherOptions {
  std::string name;    // "prior"
  std::string target;  // as the operator gave it
  std::shared_ptr<grpc::Channel> channel;

  // Asks the service what it holds and keeps the answer. Its error is why the service is not up. Called on the watcher's thread.
  std::function<absl::Status()> fetch_model_info;

  // Called on the watcher's thread after each change of status(), and after each fetch that succeeded.
  std::function<void()> on_change;

  // How often to ask again while nothing changes: a replica may have come back with another checkpoint.
  absl::Duration refresh_interval = absl::Seconds(10);
};

// Keeps the channel connected, whoever comes and goes behind it, on a thread of its own. A service is up when the channel has a
// healthy replica and one has said what it holds; it stays up until no replica is left. Thread-safe.
class UpstreamWatcher {
 public:
  explicit UpstreamWatcher(UpstreamWatcherOptions options);

  // Stops.
  ~UpstreamWatcher();

  // Starts watching. Call once.
  void Start();

  // Tells the thread to end, which it does within moments, or with a fetch under way.
  void BeginStop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Stops watching, and waits for the thread's end. Harmless twice.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // OK while up, else UNAVAILABLE, with the service, its target and what is wrong.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Watch();
  void Refresh(bool connected);
  void LogChange(const absl::Status& status);
  bool stopping() const ABSL_LOCKS_EXCLUDED(mutex_);

  const UpstreamWatcherOptions options_;
  std::optional<bool> logged_up_;  // what the log said last; touched by the thread alone

  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_UPSTREAM_WATCHER_H_
