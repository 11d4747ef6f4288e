#include "gateway/http/jobs/job.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace unclip::gateway {

Job::Job(std::string id, ImageTask kind, std::shared_ptr<const AnswerWriter> writer, absl::Time created_at)
    : state_{.id = std::move(id), .kind = kind, .created_at = created_at, .writer = std::move(writer)} {}

JobSnapshot Job::Snapshot(absl::Duration now, std::optional<int> queue_position) const {
  JobSnapshot snapshot = state_;
  if (state_.status == JobStatus::kQueued) snapshot.queue_position = queue_position;
  if (state_.status == JobStatus::kRunning) snapshot.progress.remaining = estimator_.Remaining(now);
  return snapshot;
}

bool Job::SetRunning(absl::Time wall_now, absl::Duration now, Woken& woken) {
  if (state_.status != JobStatus::kQueued) return false;
  state_.status = JobStatus::kRunning;
  state_.started_at = wall_now;
  estimator_.Start(now);
  PublishStatus(now, std::nullopt, woken);
  return true;
}

bool Job::AddProgress(v1::GenerationProgress progress, absl::Duration now, Woken& woken) {
  if (IsFinal(state_.status)) return false;
  estimator_.Report(progress.fraction_done(), now);
  state_.progress = {.fraction = std::clamp(progress.fraction_done(), state_.progress.fraction, 1.0),
                     .stage = progress.progress().stage(),
                     .step = progress.progress().step(),
                     .step_count = progress.progress().step_count(),
                     .image_index = progress.image_index()};
  JobProgress reported = state_.progress;
  reported.remaining = estimator_.Remaining(now);
  Publish(reported, woken);
  if (progress.has_preview() && !HasImage(progress.image_index())) {
    auto preview = std::make_shared<const common::v1::EncodedImage>(std::move(*progress.mutable_preview()));
    previews_[progress.image_index()] = preview;
    Publish(JobPreviewEvent{.image_index = progress.image_index(), .preview = std::move(preview)}, woken);
  }
  return true;
}

bool Job::AddImage(v1::GeneratedImage image, Woken& woken) {
  if (IsFinal(state_.status) || HasImage(image.index())) return false;
  previews_.erase(image.index());
  bytes_ += static_cast<int64_t>(image.image().data().size());
  const AnswerWriter::Picture picture = std::make_shared<const v1::GeneratedImage>(std::move(image));
  const auto position = std::upper_bound(state_.images.begin(), state_.images.end(), picture->index(),
                                         [](int index, const AnswerWriter::Picture& other) { return index < other->index(); });
  state_.images.insert(position, picture);
  Publish(JobImageEvent{.image = picture, .writer = state_.writer}, woken);
  return true;
}

bool Job::Finish(const absl::Status& status, std::vector<v1::Warning> warnings, absl::Time wall_now, absl::Duration now,
                 absl::Duration lifetime, Woken& woken) {
  if (IsFinal(state_.status)) return false;
  state_.status = status.ok() ? JobStatus::kSucceeded : absl::IsCancelled(status) ? JobStatus::kCancelled : JobStatus::kFailed;
  state_.error = status;
  state_.warnings = std::move(warnings);
  state_.finished_at = wall_now;
  state_.expires_at = wall_now + lifetime;
  if (status.ok()) state_.progress.fraction = 1;
  finished_at_ = now;
  previews_.clear();
  PublishStatus(now, std::nullopt, woken);
  subscribers_.clear();
  return true;
}

void Job::MoveInQueue(int queue_position, absl::Duration now, Woken& woken) { PublishStatus(now, queue_position, woken); }

std::shared_ptr<JobSubscriber> Job::Subscribe(std::function<void()> on_event, absl::Duration now,
                                              std::optional<int> queue_position) {
  auto subscriber = std::make_shared<JobSubscriber>(std::move(on_event));
  const bool is_final = IsFinal(state_.status);
  JobStatusEvent status = std::make_shared<const JobSnapshot>(Snapshot(now, queue_position));
  if (!is_final) subscriber->Add(status);
  for (const auto& [index, preview] : previews_) {
    subscriber->Add(JobPreviewEvent{.image_index = index, .preview = preview});
  }
  for (const AnswerWriter::Picture& image : state_.images) {
    subscriber->Add(JobImageEvent{.image = image, .writer = state_.writer});
  }
  if (is_final) {
    subscriber->Add(std::move(status));
  } else {
    std::erase_if(subscribers_, [](const std::weak_ptr<JobSubscriber>& other) { return other.expired(); });
    subscribers_.push_back(subscriber);
  }
  return subscriber;
}

bool Job::is_watched() const {
  return std::any_of(subscribers_.begin(), subscribers_.end(),
                     [](const std::weak_ptr<JobSubscriber>& subscriber) { return !subscriber.expired(); });
}

bool Job::HasImage(int index) const {
  return std::any_of(state_.images.begin(), state_.images.end(),
                     [&](const AnswerWriter::Picture& image) { return image->index() == index; });
}

void Job::Publish(const JobEvent& event, Woken& woken) {
  for (const std::weak_ptr<JobSubscriber>& watching : subscribers_) {
    std::shared_ptr<JobSubscriber> subscriber = watching.lock();
    if (subscriber == nullptr) continue;
    subscriber->Add(event);
    woken.push_back(std::move(subscriber));
  }
}

void Job::PublishStatus(absl::Duration now, std::optional<int> queue_position, Woken& woken) {
  if (subscribers_.empty()) return;
  Publish(std::make_shared<const JobSnapshot>(Snapshot(now, queue_position)), woken);
}

}  // namespace unclip::gateway
