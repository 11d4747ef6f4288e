#include "common/server/health_service.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <utility>

#include "common/server/health_wire.h"

namespace unclip {
namespace {

grpc::Status BadRequest() {
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request is not a valid HealthCheckRequest");
}

}  // namespace

HealthService::HealthService(const std::vector<std::string>& names) {
  for (const std::string& name : names) serving_[name] = false;

  // What protoc generates for raw callback methods. Raw, as Debian ships no generated code for the health proto.
  AddMethod(new grpc::internal::RpcServiceMethod(kHealthCheckMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                               [this](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) { return Check(context, request, response); }));
  AddMethod(new grpc::internal::RpcServiceMethod(kHealthWatchMethod, grpc::internal::RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodRawCallback(
      1, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
             [this](grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* request) { return Watch(request); }));
}

void HealthService::SetServing(const std::string& name, bool serving) {
  absl::MutexLock lock(&mutex_);
  if (draining_) return;
  const State before = Find(name);
  serving_[name] = serving;
  const State now = Find(name);
  if (now == before) return;
  for (const auto& [watcher, watched] : watchers_) {
    if (watched == name) watcher->SendProgress(Response(now));
  }
}

bool HealthService::IsServing(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  return Find(name) == State::kServing;
}

void HealthService::Drain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  for (auto& [name, serving] : serving_) {
    if (!std::exchange(serving, false)) continue;
    for (const auto& [watcher, watched] : watchers_) {
      if (watched == name) watcher->SendProgress(Response(State::kNotServing));
    }
  }
}

void HealthService::EndWatches() {
  std::map<Watcher*, std::string> watchers;
  {
    absl::MutexLock lock(&mutex_);
    watches_ended_ = true;
    watchers.swap(watchers_);
  }
  for (const auto& [watcher, name] : watchers) {
    watcher->End(std::nullopt, grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is shutting down"));
  }
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const std::optional<std::string> name = ParseHealthRequest(*request);
  if (!name.has_value()) {
    reactor->Finish(BadRequest());
    return reactor;
  }
  absl::MutexLock lock(&mutex_);
  const State state = Find(*name);
  if (state == State::kServiceUnknown) {
    reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service"));
  } else {
    *response = Response(state);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

HealthService::Watcher* HealthService::Watch(const grpc::ByteBuffer* request) {
  auto* const watcher = new Watcher;
  std::optional<std::string> name = ParseHealthRequest(*request);
  if (!name.has_value()) {
    watcher->End(std::nullopt, BadRequest());
    return watcher;
  }
  watcher->set_on_cancel([this, watcher] { EndWatch(watcher); });
  absl::MutexLock lock(&mutex_);
  if (watches_ended_) {
    watcher->End(std::nullopt, grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is shutting down"));
    return watcher;
  }
  watcher->SendProgress(Response(Find(*name)));
  watchers_.emplace(watcher, *std::move(name));
  return watcher;
}

void HealthService::EndWatch(Watcher* watcher) {
  {
    absl::MutexLock lock(&mutex_);
    if (watchers_.erase(watcher) == 0) return;
  }
  watcher->End(std::nullopt, grpc::Status::CANCELLED);
}

HealthService::State HealthService::Find(const std::string& name) const {
  if (name == kLiveHealthName) return State::kServing;
  const auto found = serving_.find(name);
  if (found == serving_.end()) return State::kServiceUnknown;
  return found->second ? State::kServing : State::kNotServing;
}

grpc::ByteBuffer HealthService::Response(State state) { return SerializeHealthResponse(static_cast<int>(state)); }

}  // namespace unclip
