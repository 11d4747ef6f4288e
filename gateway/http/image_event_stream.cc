#include "gateway/http/image_event_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/http/http_error.h"
#include "gateway/http/image_parameters.h"

namespace unclip::gateway {

std::string ServerSentEvent(absl::string_view name, absl::string_view json) {
  return absl::StrCat("event: ", name, "\ndata: ", json, "\n\n");
}

HttpResponse EventStreamHead() {
  HttpResponse head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers.push_back({"cache-control", "no-store"});
  head.headers.push_back({"x-accel-buffering", "no"});  // nginx would keep the events until there are many
  return head;
}

ImageEventStream::ImageEventStream(std::shared_ptr<HttpCall> call, std::shared_ptr<const ImageAnswerWriter> writer,
                                   int image_count)
    : call_(std::move(call)), writer_(std::move(writer)), created_(absl::Now()), partial_counts_(image_count) {}

void ImageEventStream::Begin() {
  call_->StartStream(EventStreamHead(), [self = shared_from_this()] { self->OnReady(); });
}

void ImageEventStream::OnProgress(v1::GenerationProgress progress) {
  if (!progress.has_preview()) return;
  {
    absl::MutexLock lock(&mutex_);
    int& count = partial_counts_[progress.image_index()];
    if (!Wants(progress.progress(), count)) return;
    const std::string type = TypeOf("partial_image");
    pending_.push_back(ServerSentEvent(type, ToText(writer_->PartialEvent(type, progress, count, created_))));
    ++count;
  }
  Advance();
}

bool ImageEventStream::Wants(const common::v1::StageProgress& progress, int sent) const {
  const int wanted = writer_->parameters().partial_image_count;
  if (sent == wanted) return false;
  if (progress.stage() == common::v1::STAGE_SUPER_RES) return 2 * progress.step() >= progress.step_count();
  return sent < std::max(1, wanted - 1) && progress.step() * (wanted + 1) >= (sent + 1) * progress.step_count();
}

void ImageEventStream::OnImage(v1::GeneratedImage image) {
  const std::string type = TypeOf("completed");
  std::string event = ServerSentEvent(type, ToText(writer_->CompletedEvent(type, image, created_)));
  {
    absl::MutexLock lock(&mutex_);
    pending_.push_back(std::move(event));
  }
  Advance();
}

void ImageEventStream::End(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    status_ = status;
    ended_ = true;
  }
  Advance();
}

void ImageEventStream::OnReady() {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  Advance();
}

void ImageEventStream::Advance() {
  std::string piece;
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    if (writing_ || closed_) return;
    if (!pending_.empty()) {
      piece = std::move(pending_.front());
      pending_.pop_front();
    } else if (!ended_) {
      return;
    } else if (!status_.ok() && !std::exchange(ended_with_error_, true)) {
      piece = ServerSentEvent("error", ToText({{"error", ErrorObject(status_)}}));
    } else {
      closed_ = true;
    }
    writing_ = true;
    status = status_;
  }
  if (piece.empty()) {
    call_->EndStream(status);
  } else {
    call_->Write(std::move(piece));
  }
}

std::string ImageEventStream::TypeOf(absl::string_view event) const {
  return absl::StrCat(writer_->parameters().task == ImageTask::kEdit ? "image_edit." : "image_generation.", event);
}

}  // namespace unclip::gateway
