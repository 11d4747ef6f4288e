// Draws small pictures with the base decoder, several requests' steps at a time.
#ifndef UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_
#define UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_

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
#include "services/decoder/text_projection.h"
#include "services/decoder/unet.h"

namespace unclip::decoder {

// Source: reference pipelines/unclip/pipeline_unclip.py. N pictures, T text tokens, W text width, D embedding width.
struct BaseSampling {
  at::Tensor image_embeddings;  // [N, D]
  // Text conditioning: N rows, or with guidance 2N, the unconditional ones first.
  at::Tensor text_embeddings;  // [N or 2N, D]
  at::Tensor hidden_states;    // [N or 2N, T, W]
  at::Tensor attention_mask;   // [N or 2N, T]
  model::SamplerOptions sampler;
  bool has_guidance = false;
  double guidance_scale = 1;
  model::GuidanceInterval guidance_interval = {};
  int deep_feature_interval = 1;                               // see DeepFeatureCache
  std::optional<model::Repainting> repainting = std::nullopt;  // of [N, 3, size, size]
};

// One request's pictures on their way. Not thread-safe.
class BaseSamplingRun {
 public:
  // Projects the conditioning and draws the first noise. `noise`, `unet` and `scheduler` must outlive the run. INVALID_ARGUMENT
  // for a sampler that cannot be.
  static absl::StatusOr<std::unique_ptr<BaseSamplingRun>> Start(const Unet& unet, const TextProjection& projection,
                                                                const model::UnclipScheduler& scheduler,
                                                                const BaseSampling& sampling, model::NoiseSource& noise);

  const model::DenoiseRun& denoise() const { return denoise_; }

  // Of its next step, not once denoise().done(): how many rows, N, or 2N where that is guided; and whether it reuses features.
  int64_t row_count() const { return denoise_.x().size(0) * (IsGuided() ? 2 : 1); }
  bool reuses_features() const { return deep_.Reuses(denoise_.step(), row_count()); }

  // The finished pictures [N, 3, size, size] in -1..1, float32; once denoise().done().
  at::Tensor Pictures() const { return denoise_.x().clamp(-1, 1); }

 private:
  friend std::vector<absl::Status> StepBase(absl::Span<BaseSamplingRun* const> runs, model::RowLanes* lanes,
                                            model::StepGraphs* graphs);

  BaseSamplingRun(const Unet& unet, const TextProjection& projection, const BaseSampling& sampling, model::DenoiseRun denoise);

  bool IsGuided() const { return has_guidance_ && guidance_interval_.Covers(denoise_.step(), denoise_.step_count()); }

  const Unet& unet_;
  const bool has_guidance_;
  const double guidance_scale_;
  const model::GuidanceInterval guidance_interval_;
  model::DenoiseRun denoise_;
  DeepFeatureCache deep_;
  Unet::ProjectedContext context_;      // of N or 2N rows
  Unet::ProjectedContext conditional_;  // the last N of these: the same memory
  at::Tensor times_;                    // [steps, N or 2N, P]
};

// One step of each of `runs`, which are of one network, not done, and either all reuse features or none; for each, OK or INTERNAL
// when its values are not finite. Spreads the rows over `lanes`, if there are as many, unless that is null; or goes through
// `graphs`, for GPUs, if that is not.
std::vector<absl::Status> StepBase(absl::Span<BaseSamplingRun* const> runs, model::RowLanes* lanes,
                                   model::StepGraphs* graphs = nullptr);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_
