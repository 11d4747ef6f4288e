#include "gateway/http/job_event_stream.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "gateway/http/image_event_stream.h"
#include "gateway/http/jobs/job_events.h"
#include "gateway/http/jobs/job_json.h"

namespace unclip::gateway {

absl::Status JobEventStream::Start(absl::string_view id, JobTable* table, std::shared_ptr<HttpCall> call) {
  const auto stream = std::make_shared<JobEventStream>(std::move(call));
  // Weak, as the stream holds the subscriber.
  const auto on_event = [weak = std::weak_ptr<JobEventStream>(stream)] {
    if (const std::shared_ptr<JobEventStream> self = weak.lock(); self != nullptr) self->Advance();
  };
  ASSIGN_OR_RETURN(std::shared_ptr<JobSubscriber> subscriber, table->Subscribe(id, on_event));
  {
    absl::MutexLock lock(&stream->mutex_);
    stream->subscriber_ = std::move(subscriber);
  }
  // The connection holds the stream through these.
  stream->call_->OnLeave([stream] { stream->OnLeave(); });
  stream->call_->StartStream(EventStreamHead(), [stream] { stream->OnReady(); });
  return absl::OkStatus();
}

void JobEventStream::OnReady() {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  Advance();
}

void JobEventStream::OnLeave() {
  std::shared_ptr<JobSubscriber> subscriber;
  absl::MutexLock lock(&mutex_);
  subscriber = std::move(subscriber_);
  writing_ = true;
}

void JobEventStream::Advance() {
  std::string piece;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || subscriber_ == nullptr) return;
    if (!last_sent_) {
      const std::optional<JobEvent> event = subscriber_->Take();
      if (!event.has_value()) return;
      last_sent_ = IsLast(*event);
      piece = JobEventText(*event);
    }
    writing_ = true;
  }
  if (piece.empty()) {
    call_->EndStream(absl::OkStatus());
  } else {
    call_->Write(std::move(piece));
  }
}

}  // namespace unclip::gateway
