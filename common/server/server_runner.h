// Runs a gRPC server from bind to exit; shared by all four binaries.
//
//   Start()       binds the port, health NOT_SERVING, metrics and reflection up;
//                 stdout: `listening grpc=HOST:PORT metrics=HOST:PORT`, and what listen_also() adds
//   (the caller loads its model; calls that need it answer UNAVAILABLE meanwhile)
//   SetServing()  health SERVING; stdout, the first time: `serving`
//   Wait()        until SIGTERM, SIGINT or Stop(): health NOT_SERVING, drain delay (clients that watch health move away),
//                 drain hook, server shutdown; then returns OK, and the process should exit 0
// A second signal exits at once (130 for SIGINT, 143 for SIGTERM). A signal while the caller is still loading (before both
// SetServing(true) and Wait()) ends the process with 0 at once, as there is nothing to drain and loading cannot be interrupted.
#ifndef UNCLIP_COMMON_SERVER_SERVER_RUNNER_H_
#define UNCLIP_COMMON_SERVER_SERVER_RUNNER_H_

#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/debug/debug_request.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/metrics_server.h"
#include "common/server/health_service.h"
#include "common/server/signal_waiter.h"

namespace unclip {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";                    // HOST:PORT; port 0: any free one
  std::string metrics_listen = "127.0.0.1:0";            // HOST:PORT; port 0: any free one
  absl::Duration grace = absl::Seconds(30);              // time that requests have to finish on shutdown; ≥ the longest request
  absl::Duration drain_delay = absl::Milliseconds(500);  // time that clients have to see NOT_SERVING; ≥ 300 ms behind a balancer
  // After which a connection is renewed, within a tenth, so that its client looks the replicas up again and finds new ones; a
  // call under way goes on.
  absl::Duration max_connection_age = absl::Minutes(5);
  bool exit_with_parent = false;  // SIGTERM ourselves when the thread that started this process ends
  // Keep freed memory for the next request, up to 64 MiB for each of malloc's arenas, and do not give it back to the system: for
  // a process whose requests each allocate and free about the same, none of it in the gigabytes.
  bool keep_freed_memory = false;
  // Starts to listen for something else, and returns words for the line above: "http=HOST:PORT". Called once signals no longer
  // end the process by themselves, so that threads may be started. May be empty.
  std::function<absl::StatusOr<std::string>()> listen_also = {};
  // What the process works on, for /debug/requests: quick and thread-safe. May be empty.
  std::function<std::vector<DebugRequest>()> debug_requests = {};
  std::vector<std::string> health_names;  // names that SetServing() sets besides "": full service names
};

class ServerRunner {
 public:
  // Called once while draining, with the server still up: refuse new work with UNAVAILABLE, finish what is held within the time
  // given, then end the rest with UNAVAILABLE, and return. May be empty: the server then waits for its calls itself.
  using DrainHook = std::function<void(absl::Duration grace)>;

  // Binds and starts serving `services` and `metrics`, which must outlive the runner. INVALID_ARGUMENT for a malformed address,
  // UNAVAILABLE (naming the address) when one cannot be bound. One runner in a process at a time.
  static absl::StatusOr<std::unique_ptr<ServerRunner>> Start(const ServerOptions& options, const MetricsRegistry& metrics,
                                                             const std::vector<grpc::Service*>& services);

  // Stops at once, cancelling what is in flight, unless Wait() has returned.
  ~ServerRunner();

  // HOST:PORT with the ports that were bound.
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& metrics_address() const { return metrics_server_->address(); }

  // For names beyond the runner's own ("clip", "prior", "decoder" of the gateway).
  HealthService& health() { return health_; }

  // Sets health "" and `health_names`. Without effect once draining. Thread-safe.
  void SetServing(bool serving);

  // Waits for the end, drains and shuts down; see above. Call once.
  absl::Status Wait(const DrainHook& drain);

  // Does what SIGTERM does. Thread-safe.
  void Stop();

 private:
  explicit ServerRunner(const ServerOptions& options);

  void WatchSignals();

  const ServerOptions options_;
  HealthService health_;
  std::string grpc_address_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<SignalWaiter> signals_;

  absl::Mutex mutex_;
  bool has_served_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;   // Wait() was called
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;  // a signal or Stop() came

  std::thread signal_thread_;  // runs WatchSignals() from Start() to the destructor; last, as it uses all of the above
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_SERVER_RUNNER_H_
