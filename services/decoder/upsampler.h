// One upsampling stage of the cascade, several requests' steps at a time.
#ifndef UNCLIP_SERVICES_DECODER_UPSAMPLER_H_
#define UNCLIP_SERVICES_DECODER_UPSAMPLER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/diffusion/denoise_run.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/repainter.h"
#include "model/diffusion/sampler.h"
#include "model/diffusion/unclip_scheduler.h"
#include "model/row_lanes.h"
#include "model/step_graphs.h"
#include "services/decoder/deep_feature_cache.h"
#include "services/decoder/unet.h"

namespace unclip::decoder {

// The networks of one stage. Karlo's two-net upsampler: `last` does the final step only.
struct UpsamplerNetworks {
  const Unet& first;
  const Unet& last;
};

struct Upsampling {
  at::Tensor pictures;  // [N, 3, h, w] in -1..1
  model::SamplerOptions sampler;
  int deep_feature_interval = 1;  // of the first network; see DeepFeatureCache
  // Of [N, 3, size, size]; never resampled, as the enlarged picture says where everything is.
  std::optional<model::Repainting> repainting = std::nullopt;
};

// One request's pictures on their way. Source: reference pipelines/unclip/pipeline_unclip.py. Not thread-safe.
class UpsamplingRun {
 public:
  // Enlarges the pictures to the networks' size and draws the first noise; `stage` is NoiseKey::kSuperRes plus the upsampler's
  // index. The networks, `scheduler` and `noise` must outlive the run. INVALID_ARGUMENT for a sampler that
  // cannot be.
  static absl::StatusOr<std::unique_ptr<UpsamplingRun>> Start(const UpsamplerNetworks& networks,
                                                              const model::UnclipScheduler& scheduler,
                                                              const Upsampling& upsampling, model::NoiseSource& noise,
                                                              uint32_t stage);

  const model::DenoiseRun& denoise() const { return denoise_; }

  // Whether the next step is the last one, which the other network does.
  bool at_last_step() const { return denoise_.step() + 1 == denoise_.step_count(); }

  // Whether the next step reuses features; not once denoise().done().
  bool reuses_features() const { return !at_last_step() && deep_.Reuses(denoise_.step(), denoise_.x().size(0)); }

  // The finished pictures [N, 3, size, size], float32, not yet clamped; once denoise().done().
  const at::Tensor& Pictures() const { return denoise_.x(); }

 private:
  friend std::vector<absl::Status> StepUpsampling(absl::Span<UpsamplingRun* const> runs, model::RowLanes* lanes,
                                                  model::StepGraphs* graphs);

  UpsamplingRun(const UpsamplerNetworks& networks, const Upsampling& upsampling, model::DenoiseRun denoise);

  const UpsamplerNetworks networks_;
  model::DenoiseRun denoise_;
  DeepFeatureCache deep_;
  at::Tensor upscaled_;   // [N, 3, size, size]
  at::Tensor times_;      // [steps - 1, P] of the first network
  at::Tensor last_time_;  // [1, P] of the last
};

// One step of each of `runs`, which are of one stage, not done, either all or none at their last step, and either all or none
// reusing features; for each, OK or INTERNAL when its values are not finite. Spreads the rows over `lanes`, if there are as many,
// unless that is null; or goes through `graphs`, for GPUs, if that is not.
std::vector<absl::Status> StepUpsampling(absl::Span<UpsamplingRun* const> runs, model::RowLanes* lanes,
                                         model::StepGraphs* graphs = nullptr);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UPSAMPLER_H_
