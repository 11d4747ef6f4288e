// The standard grpc.health.v1.Health service. gRPC's own starts out as SERVING, before anything is loaded, and its watchers hold
// up a server's shutdown; this one starts out as NOT_SERVING and lets go of them.
#ifndef UNCLIP_COMMON_SERVER_HEALTH_SERVICE_H_
#define UNCLIP_COMMON_SERVER_HEALTH_SERVICE_H_

#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/response_stream.h"

namespace unclip {

// A name that is SERVING for as long as the server answers at all: loading, while what it calls is down, and while it drains. For
// liveness probes, which must not restart a process over what a restart does not mend.
inline constexpr char kLiveHealthName[] = "live";

// Check answers SERVING or NOT_SERVING for names it knows and NOT_FOUND for others; Watch streams each change (to a slow reader,
// the last one), and SERVICE_UNKNOWN for a name it does not know yet. Thread-safe. Must outlive the server it is registered with.
class HealthService final : public grpc::Service {
 public:
  // Knows `names` ("" stands for the whole server), all NOT_SERVING.
  explicit HealthService(const std::vector<std::string>& names);

  // Says whether `name` is served; adds it when it is new. Without effect after Drain().
  void SetServing(const std::string& name, bool serving);

  // What Check would say; false for an unknown name.
  bool IsServing(const std::string& name) const;

  // Everything but "live" becomes NOT_SERVING for good.
  void Drain();

  // Ends every watch with UNAVAILABLE, new ones as well. Call right before the server is shut down.
  void EndWatches();

 private:
  using Watcher = ResponseStream<grpc::ByteBuffer>;
  enum class State { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };  // the values of HealthCheckResponse.ServingStatus

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response);
  Watcher* Watch(const grpc::ByteBuffer* request);
  void EndWatch(Watcher* watcher);
  State Find(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static grpc::ByteBuffer Response(State state);

  mutable absl::Mutex mutex_;
  std::map<std::string, bool> serving_ ABSL_GUARDED_BY(mutex_);
  std::map<Watcher*, std::string> watchers_ ABSL_GUARDED_BY(mutex_);  // with the name each watches; who takes one out ends it
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool watches_ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_HEALTH_SERVICE_H_
