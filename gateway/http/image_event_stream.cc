#include "gateway/http/image_event_stream.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/http/http_error.h"
#include "gateway/http/picture_json.h"

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

ImageEventStream::ImageEventStream(std::shared_ptr<HttpCall> call, ImageParameters parameters, int64_t created)
    : call_(std::move(call)),
      parameters_(std::move(parameters)),
      created_(created),
      partials_taken_(parameters_.request.image_count()),
      partials_sent_(parameters_.request.image_count()) {}

void ImageEventStream::Begin() {
  call_->StartStream(EventStreamHead(), [self = shared_from_this()] { self->OnReady(); });
}

void ImageEventStream::OnProgress(v1::GenerationProgress progress) {
  if (!progress.has_preview()) return;
  {
    absl::MutexLock lock(&mutex_);
    int& taken = partials_taken_[progress.image_index()];
    if (taken == parameters_.partial_image_count) return;
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
      piece = ServerSentEvent("error", absl::StrCat("{\"error\":", ErrorJson(status_), "}"));
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

std::string ImageEventStream::CommonMembers() const {
  return absl::StrCat("\"created_at\":", created_, ",", StreamMembers(parameters_));
}

std::string ImageEventStream::Render(const v1::StreamGenerateImageResponse& event) {
  const std::string prefix = parameters_.task == ImageTask::kEdit ? "image_edit" : "image_generation";
  if (event.has_progress()) {
    const v1::GenerationProgress& progress = event.progress();
    const std::string name = prefix + ".partial_image";
    const int number = partials_sent_[progress.image_index()]++;
    return ServerSentEvent(name, absl::StrCat("{\"type\":\"", name, "\",\"partial_image_index\":", number,
                                              ",\"image_index\":", progress.image_index(), ",", CommonMembers(),
                                              ",\"b64_json\":\"", absl::Base64Escape(progress.preview().data()), "\"}"));
  }
  const std::string name = prefix + ".completed";
  return ServerSentEvent(name, absl::StrCat("{\"type\":\"", name, "\",\"image_index\":", event.image().index(), ",",
                                            CommonMembers(), ",\"usage\":", UsageJson(), ",", PictureDetails(event.image()),
                                            ",\"b64_json\":\"", absl::Base64Escape(event.image().image().data()), "\"}"));
}

}  // namespace unclip::gateway
