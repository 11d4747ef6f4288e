#include "gateway/progress_tracker.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace unclip::gateway {

ProgressTracker::ProgressTracker(const GenerationRequest& request, const RequestContext& context, GenerationObserver& observer,
                                 GatewayMetrics* metrics)
    : request_(request),
      context_(context),
      metrics_(metrics),
      is_watched_(observer.WantsProgress()),
      steps_done_(request.image_count, 0),
      observer_(observer) {}

void ProgressTracker::PriorStepDone(int image_index, const common::v1::StageProgress& progress) {
  Report(image_index, common::v1::STAGE_PRIOR, 0, progress.step(), request_.prior_step_count, std::nullopt);
}

void ProgressTracker::DecoderStepDone(int image_index, const decoder::v1::DecodeImageProgress& progress,
                                      std::optional<common::v1::EncodedImage> preview) {
  const int step = progress.progress().step();
  if (progress.progress().stage() == common::v1::STAGE_DECODER) {
    Report(image_index, common::v1::STAGE_DECODER, request_.prior_step_count, step, request_.DecoderSteps(), std::move(preview));
    return;
  }
  const std::vector<int>& counts = request_.super_res_step_counts;
  const auto current = counts.begin() + std::clamp<ptrdiff_t>(progress.super_res_index(), 0, std::ssize(counts));
  Report(image_index, common::v1::STAGE_SUPER_RES, request_.prior_step_count + request_.DecoderSteps(),
         std::accumulate(counts.begin(), current, step), std::accumulate(counts.begin(), counts.end(), 0), std::move(preview));
}

void ProgressTracker::Report(int image_index, common::v1::Stage stage, int earlier_steps, int step, int step_count,
                             std::optional<common::v1::EncodedImage> preview) {
  step = std::clamp(step, 0, step_count);  // a service that miscounts must not push the share past 1
  v1::GenerationProgress report;
  report.set_image_index(image_index);
  report.mutable_progress()->set_stage(stage);
  report.mutable_progress()->set_step(step);
  report.mutable_progress()->set_step_count(step_count);
  if (preview.has_value()) *report.mutable_preview() = *std::move(preview);

  absl::MutexLock lock(&mutex_);
  if (earlier_steps + step <= steps_done_[image_index]) return;
  steps_done_[image_index] = earlier_steps + step;
  const double all_done = std::accumulate(steps_done_.begin(), steps_done_.end(), 0.0);
  report.set_fraction_done(all_done / (static_cast<double>(request_.image_count) * request_.StepsPerImage()));
  if (report.has_preview()) {
    metrics_->PreviewMade();
    if (!std::exchange(has_preview_, true)) metrics_->FirstPreviewMade(context_.clock->Now() - context_.arrival);
  }
  observer_.OnProgress(std::move(report));
}

void ProgressTracker::ImageDone(v1::GeneratedImage image) {
  absl::MutexLock lock(&mutex_);
  observer_.OnImage(std::move(image));
}

}  // namespace unclip::gateway
