#include "gateway/generation_stream.h"

#include <utility>

#include "absl/status/status.h"
#include "common/rpc/message_parser.h"
#include "common/rpc/status_conversion.h"

namespace unclip::gateway {

void GenerationStream::OnProgress(v1::GenerationProgress progress) {
  {
    absl::MutexLock lock(&mutex_);
    pending_.AddProgress(std::move(progress));
  }
  Advance();
}

void GenerationStream::OnImage(v1::GeneratedImage image) {
  {
    absl::MutexLock lock(&mutex_);
    pending_.AddImage(std::move(image));
  }
  Advance();
}

void GenerationStream::End(v1::GenerationSummary summary, grpc::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (status.ok()) status = failure_;
    if (status.ok()) {
      pending_.AddSummary(std::move(summary));
    } else {
      pending_.Clear();
    }
    end_ = std::move(status);
  }
  Advance();
}

// A write that failed (the client is gone) is followed by others that fail as fast; the request hears of it by OnCancel.
void GenerationStream::OnWriteDone(bool /*ok*/) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  Advance();
}

void GenerationStream::OnCancel() {
  if (on_cancel_) on_cancel_();
}

void GenerationStream::OnDone() { delete this; }

void GenerationStream::Advance() {
  std::optional<v1::StreamGenerateImageResponse> event;
  std::optional<grpc::Status> finish;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_) return;
    event = pending_.Take();
    if (event.has_value()) {
      writing_ = true;
    } else {
      finish = std::exchange(end_, std::nullopt);
    }
  }
  if (finish.has_value()) Finish(*std::move(finish));
  if (!event.has_value()) return;
  const absl::Status status = SerializeMessage(*event, &message_);
  if (status.ok()) {
    StartWrite(&message_);
  } else {
    LoseEvent(status);
  }
}

// Only a message past Protobuf's 2 GiB cannot be written, which no picture reaches. Still the call must not end as if it were
// whole.
void GenerationStream::LoseEvent(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    failure_ = ToGrpcStatus(why);
    writing_ = false;
  }
  Advance();
}

}  // namespace unclip::gateway
