// The server side of a single answer that is made on another thread.
#ifndef UNCLIP_COMMON_RPC_UNARY_RESPONSE_H_
#define UNCLIP_COMMON_RPC_UNARY_RESPONSE_H_

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <utility>

namespace unclip {

// The one who computes fills in the response and calls Finish(status) exactly once, from any thread; after that it must not touch
// the reactor or the response. Deletes itself when gRPC is done with it.
class UnaryResponse final : public grpc::ServerUnaryReactor {
 public:
  // Called at once when the caller leaves or its deadline passes, perhaps after Finish(). Set it before Finish() can be called
  // and before the reactor is returned to gRPC.
  void set_on_cancel(std::function<void()> on_cancel) { on_cancel_ = std::move(on_cancel); }

  void OnCancel() override {
    if (on_cancel_) on_cancel_();
  }

  void OnDone() override { delete this; }

 private:
  std::function<void()> on_cancel_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_UNARY_RESPONSE_H_
