// A gRPC server on the loopback, with the health service, that a test can drain, kill and bring back.
#ifndef UNCLIP_GATEWAY_TESTING_FAKE_SERVER_H_
#define UNCLIP_GATEWAY_TESTING_FAKE_SERVER_H_

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/server/health_service.h"

namespace unclip::gateway {

class FakeServer {
 public:
  // `service` must outlive the server; `name` is what its health is asked by. Not started yet.
  FakeServer(grpc::Service* service, std::string name) : service_(service), name_(std::move(name)) {}

  // Kills.
  ~FakeServer() { Kill(); }

  // Listens on any free port the first time and on the same one later; SERVING. The test fails when it cannot.
  void Start() ABSL_LOCKS_EXCLUDED(mutex_);

  // Turns NOT_SERVING, or SERVING again.
  void SetServing(bool serving) { health_->SetServing(name_, serving); }

  // Ends every call and connection at once. Harmless when not started. A handler may call it from another thread than its own.
  void Kill() ABSL_LOCKS_EXCLUDED(mutex_);

  // "127.0.0.1:port"; the port is known after the first Start().
  const std::string& address() const { return address_; }

 private:
  grpc::Service* const service_;
  const std::string name_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<HealthService> health_;

  absl::Mutex mutex_;
  std::unique_ptr<grpc::Server> server_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_FAKE_SERVER_H_
