#include "gateway/http/image_event_stream.h"

#include <optional>
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
    : call_(std::move(call)),
      writer_(std::move(writer)),
      created_(absl::Now()),
      partials_taken_(image_count),
      partials_sent_(image_count) {}

void ImageEventStream::Begin() {
  call_->StartStream(EventStreamHead(), [self = shared_from_this()] { self->OnReady(); });
}

void ImageEventStream::OnProgress(v1::GenerationProgress progress) {
  if (!progress.has_preview()) return;
  {
    absl::MutexLock lock(&mutex_);
    int& taken = partials_taken_[progress.image_index()];
    if (taken == writer_->parameters().partial_image_count) return;
    ++taken;
    pending_.AddProgress(std::move(progress));
  }
  Advance();
}

void ImageEventStream::OnImage(v1::GeneratedImage image) {
  {
    absl::MutexLock lock(&mutex_);
    pending_.AddImage(std::move(image));
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
    if (const std::optional<v1::StreamGenerateImageResponse> event = pending_.Take(); event.has_value()) {
      piece = Render(*event);
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

std::string ImageEventStream::Render(const v1::StreamGenerateImageResponse& event) {
  const std::string prefix = writer_->parameters().task == ImageTask::kEdit ? "image_edit" : "image_generation";
  if (event.has_progress()) {
    const std::string type = prefix + ".partial_image";
    const int number = partials_sent_[event.progress().image_index()]++;
    return ServerSentEvent(type, ToText(writer_->PartialEvent(type, event.progress(), number, created_)));
  }
  const std::string type = prefix + ".completed";
  return ServerSentEvent(type, ToText(writer_->CompletedEvent(type, event.image(), created_)));
}

}  // namespace unclip::gateway
