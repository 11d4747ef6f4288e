#include "gateway/http/jobs/job_events.h"

#include <utility>

namespace unclip::gateway {
namespace {

bool IsPreviewOf(const JobEvent& event, int image_index) {
  const auto* preview = std::get_if<JobPreviewEvent>(&event);
  return preview != nullptr && preview->image_index == image_index;
}

// Whether `newer` makes `older` not worth sending.
bool Replaces(const JobEvent& newer, const JobEvent& older) {
  if (IsLast(newer)) return !std::holds_alternative<JobImageEvent>(older);
  if (const auto* preview = std::get_if<JobPreviewEvent>(&newer)) return IsPreviewOf(older, preview->image_index);
  if (const auto* image = std::get_if<JobImageEvent>(&newer)) return IsPreviewOf(older, image->image->index());
  return newer.index() == older.index();
}

}  // namespace

bool IsLast(const JobEvent& event) {
  const auto* status = std::get_if<JobStatusEvent>(&event);
  return status != nullptr && IsFinal((*status)->status);
}

void PendingJobEvents::Add(JobEvent event) {
  events_.remove_if([&](const JobEvent& older) { return Replaces(event, older); });
  events_.push_back(std::move(event));
}

std::optional<JobEvent> PendingJobEvents::Take() {
  if (events_.empty()) return std::nullopt;
  JobEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace unclip::gateway
