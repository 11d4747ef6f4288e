// Turns what the services say of their steps into the progress of a whole request.
#ifndef UNCLIP_GATEWAY_PROGRESS_TRACKER_H_
#define UNCLIP_GATEWAY_PROGRESS_TRACKER_H_

#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/gateway_metrics.h"
#include "gateway/generation_observer.h"
#include "gateway/generation_request.h"
#include "gateway/request_context.h"
#include "unclip/common/v1/image.pb.h"
#include "unclip/common/v1/progress.pb.h"
#include "unclip/decoder/v1/decoder_service.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Counts the steps of every picture, and calls the observer with its lock held, so that calls come one at a time and in order.
// The steps that a replica repeats, after another was lost, are passed over. Thread-safe.
class ProgressTracker {
 public:
  // All must outlive the tracker. Previews that are handed to the observer are counted in `metrics`.
  ProgressTracker(const GenerationRequest& request, const RequestContext& context, GenerationObserver& observer,
                  GatewayMetrics* metrics);

  // Whether anybody hears of the steps; the pictures go to the observer in any case.
  bool is_watched() const { return is_watched_; }

  void PriorStepDone(int image_index, const common::v1::StageProgress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

  // The upsamplers count as one stage, whose steps are those of all.
  void DecoderStepDone(int image_index, const decoder::v1::DecodeImageProgress& progress,
                       std::optional<common::v1::EncodedImage> preview) ABSL_LOCKS_EXCLUDED(mutex_);

  void ImageDone(v1::GeneratedImage image) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // `earlier_steps` are those of the stages before; `step` and `step_count` are of this stage.
  void Report(int image_index, common::v1::Stage stage, int earlier_steps, int step, int step_count,
              std::optional<common::v1::EncodedImage> preview) ABSL_LOCKS_EXCLUDED(mutex_);

  const GenerationRequest& request_;
  const RequestContext& context_;
  GatewayMetrics* const metrics_;
  const bool is_watched_;

  absl::Mutex mutex_;
  bool has_preview_ ABSL_GUARDED_BY(mutex_) = false;     // one was handed over
  std::vector<int> steps_done_ ABSL_GUARDED_BY(mutex_);  // of each picture
  GenerationObserver& observer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_PROGRESS_TRACKER_H_
