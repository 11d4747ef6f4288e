// The server side of a streaming answer made of progress and a result: never blocks the thread that computes, and never holds
// more than a bounded amount for a client that reads slowly.
#ifndef UNCLIP_COMMON_RPC_RESPONSE_STREAM_H_
#define UNCLIP_COMMON_RPC_RESPONSE_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace unclip {

// What is still to be written, in order: at most one progress message marked to be kept, at most one newer that is not, and the
// result. A newer message takes the place of one of its kind that was not written yet. Pure policy, no lock.
template <typename Response>
class PendingResponses {
 public:
  // `keep`: this message carries something (a preview) that a later message without it must not displace.
  void AddProgress(Response&& response, bool keep) {
    if (keep) newest_.reset();  // older than `response`
    (keep ? kept_ : newest_) = std::move(response);
  }

  void SetResult(Response&& response) { result_ = std::move(response); }

  // Nothing more is worth writing: the call ends with an error.
  void Clear() {
    kept_.reset();
    newest_.reset();
    result_.reset();
  }

  // Whether all is taken.
  bool empty() const { return !kept_.has_value() && !newest_.has_value() && !result_.has_value(); }

  // The next message to write; nothing when all is taken.
  std::optional<Response> Take() {
    std::optional<Response>& next = kept_.has_value() ? kept_ : newest_.has_value() ? newest_ : result_;
    return std::exchange(next, std::nullopt);
  }

 private:
  std::optional<Response> kept_;
  std::optional<Response> newest_;  // sent after kept_
  std::optional<Response> result_;
};

// A reactor for such a stream. The one who computes calls SendProgress() any number of times and then End() exactly once, from
// any thread; after End() it must not touch the stream, which deletes itself when gRPC is done with it.
template <typename Response>
class ResponseStream final : public grpc::ServerWriteReactor<Response> {
 public:
  // Called at once when the caller leaves or its deadline passes, perhaps after End(). Set it before End() can be called and
  // before the stream is returned to gRPC.
  void set_on_cancel(std::function<void()> on_cancel) { on_cancel_ = std::move(on_cancel); }

  // See PendingResponses for `keep`.
  void SendProgress(Response&& response, bool keep = false) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      pending_.AddProgress(std::move(response), keep);
    }
    Advance();
  }

  // Ends the call: with `result` as the last message and OK, or with `status` alone.
  void End(std::optional<Response> result, grpc::Status status) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      if (status.ok() && result.has_value()) {
        pending_.SetResult(*std::move(result));
      } else {
        pending_.Clear();
      }
      end_ = std::move(status);
    }
    Advance();
  }

  // A write that failed (the client is gone) is followed by others that fail as fast; the job hears of it by OnCancel.
  void OnWriteDone(bool /*ok*/) override ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      writing_.reset();
    }
    Advance();
  }

  void OnCancel() override {
    if (on_cancel_) on_cancel_();
  }

  void OnDone() override { delete this; }

 private:
  // Starts the next write, or finishes, unless a write is under way. Must come last in its caller: once gRPC has been called
  // without the lock, the stream may be deleted by another thread.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_) {
    const Response* write = nullptr;
    std::optional<grpc::Status> finish;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_.has_value()) return;
      writing_ = pending_.Take();
      if (writing_.has_value()) write = &*writing_;  // stays put until OnWriteDone() or OnDone()
      if (pending_.empty()) finish = std::exchange(end_, std::nullopt);
    }
    if (write != nullptr && finish.has_value()) {
      // In one go: one packet less, and the client wakes up once less.
      this->StartWriteAndFinish(write, grpc::WriteOptions(), *std::move(finish));
    } else if (write != nullptr) {
      this->StartWrite(write);
    } else if (finish.has_value()) {
      this->Finish(*std::move(finish));
    }
  }

  std::function<void()> on_cancel_;

  absl::Mutex mutex_;
  PendingResponses<Response> pending_ ABSL_GUARDED_BY(mutex_);
  std::optional<Response> writing_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_RESPONSE_STREAM_H_
