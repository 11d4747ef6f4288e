// Draws CLIP image embeddings with the prior network, several requests' steps at a time.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/diffusion/denoise_run.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/sampler.h"
#include "model/diffusion/unclip_scheduler.h"
#include "model/step_graphs.h"
#include "services/prior/prior_transformer.h"

namespace unclip::prior {

// Source: reference pipelines/unclip/pipeline_unclip.py. N samples of P prompts, T text tokens, D embedding width.
struct PriorSampling {
  // Text conditioning: P rows, or with guidance 2P, the unconditional ones first.
  at::Tensor text_embedding;       // [P or 2P, D]
  at::Tensor hidden_states;        // [P or 2P, T, D]
  at::Tensor attention_mask;       // [P or 2P, T]
  int64_t samples_per_prompt = 1;  // N = P × this; a prompt's samples are neighbours
  model::SamplerOptions sampler;
  bool has_guidance = false;
  double guidance_scale = 1;
  model::GuidanceInterval guidance_interval = {};
};

// One request's samples on their way. Not thread-safe.
class PriorSamplingRun {
 public:
  // Reads the text and draws the first noise. `noise`, `network` and `scheduler` must outlive the run. INVALID_ARGUMENT for a
  // sampler that cannot be.
  static absl::StatusOr<std::unique_ptr<PriorSamplingRun>> Start(const PriorTransformer& network,
                                                                 const model::UnclipScheduler& scheduler,
                                                                 const PriorSampling& sampling, model::NoiseSource& noise);

  const model::DenoiseRun& denoise() const { return denoise_; }

  // Rows of its next step: N, or 2N where that is guided; not once denoise().done().
  int64_t row_count() const { return denoise_.x().size(0) * (IsGuided() ? 2 : 1); }

  // The finished embeddings [N, D], float32 and denormalized; once denoise().done().
  at::Tensor Embeddings() const { return network_.Denormalize(denoise_.x()); }

 private:
  friend std::vector<absl::Status> StepPrior(absl::Span<PriorSamplingRun* const> runs, model::StepGraphs* graphs);

  PriorSamplingRun(const PriorTransformer& network, const PriorSampling& sampling, model::DenoiseRun denoise);

  bool IsGuided() const { return has_guidance_ && guidance_interval_.Covers(denoise_.step(), denoise_.step_count()); }

  const PriorTransformer& network_;
  const bool has_guidance_;
  const double guidance_scale_;
  const model::GuidanceInterval guidance_interval_;
  model::DenoiseRun denoise_;
  PriorTransformer::Prefix prefix_;       // of N or 2N rows
  PriorTransformer::Prefix conditional_;  // with guidance, the last N of these: the same memory
  at::Tensor times_;                      // [steps, W]
};

// One step of each of `runs`, which are of one network and not done; for each, OK or INTERNAL when its values are not finite.
// Goes through `graphs`, for GPUs, unless that is null; requests' attention is then computed together, so that a result depends
// on the batch by as much as rounding does.
std::vector<absl::Status> StepPrior(absl::Span<PriorSamplingRun* const> runs, model::StepGraphs* graphs = nullptr);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_
