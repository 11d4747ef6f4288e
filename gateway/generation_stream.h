// The server side of StreamGenerateImage.
#ifndef UNCLIP_GATEWAY_GENERATION_STREAM_H_
#define UNCLIP_GATEWAY_GENERATION_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "gateway/generation_observer.h"
#include "gateway/pending_events.h"

namespace unclip::gateway {

// Writes events as fast as the client reads them, without ever blocking the one who makes them; see PendingEvents for what a slow
// client misses. The maker may use it from any thread until it calls Finish(), exactly once; the stream deletes itself when gRPC
// is done with it.
class GenerationStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public GenerationObserver {
 public:
  // Called at once when the caller leaves or its deadline passes, perhaps after the end. Set it before the stream is used.
  void set_on_cancel(std::function<void()> on_cancel) { on_cancel_ = std::move(on_cancel); }

  void OnProgress(v1::GenerationProgress progress) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnImage(v1::GeneratedImage image) override ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the call: with `summary` as the last message and OK, or with `status` alone.
  void End(v1::GenerationSummary summary, grpc::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override;
  void OnDone() override;

 private:
  // Starts the next write, or finishes, unless a write is under way. Must come last in its caller: once gRPC has been called
  // without the lock, the stream may be deleted by another thread.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_);
  void LoseEvent(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);

  std::function<void()> on_cancel_;

  absl::Mutex mutex_;
  PendingEvents pending_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer message_;                      // the one being written; touched by who holds `writing_`
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);  // an event was lost; the call must not end with OK
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GENERATION_STREAM_H_
