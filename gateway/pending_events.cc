#include "gateway/pending_events.h"

#include <utility>

namespace unclip::gateway {

void PendingEvents::AddProgress(v1::GenerationProgress progress) {
  events_.remove_if([&](const v1::StreamGenerateImageResponse& event) {
    return event.has_progress() && event.progress().image_index() == progress.image_index() &&
           (progress.has_preview() || !event.progress().has_preview());
  });
  *events_.emplace_back().mutable_progress() = std::move(progress);
}

void PendingEvents::AddImage(v1::GeneratedImage image) {
  events_.remove_if([&](const v1::StreamGenerateImageResponse& event) {
    return event.has_progress() && event.progress().image_index() == image.index();
  });
  *events_.emplace_back().mutable_image() = std::move(image);
}

void PendingEvents::AddSummary(v1::GenerationSummary summary) { *events_.emplace_back().mutable_summary() = std::move(summary); }

std::optional<v1::StreamGenerateImageResponse> PendingEvents::Take() {
  if (events_.empty()) return std::nullopt;
  v1::StreamGenerateImageResponse event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace unclip::gateway
