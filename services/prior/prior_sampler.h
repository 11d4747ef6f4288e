// Draws CLIP image embeddings with the prior network.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/diffusion/denoise.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/unclip_scheduler.h"
#include "services/prior/prior_transformer.h"

namespace unclip::prior {

// Source: reference pipelines/unclip/pipeline_unclip.py. N samples, T text tokens, D embedding width.
struct PriorSampling {
  // Text conditioning: N rows, or with guidance 2N, the unconditional ones first.
  at::Tensor text_embedding;  // [N or 2N, D]
  at::Tensor hidden_states;   // [N or 2N, T, D]
  at::Tensor attention_mask;  // [N or 2N, T]
  int64_t sample_count = 1;   // N
  int step_count = 2;
  bool has_guidance = false;
  double guidance_scale = 1;
};

// Draws N embeddings [N, D], float32 and denormalized. Errors: those of model::Denoise.
absl::StatusOr<at::Tensor> SamplePrior(const PriorTransformer& network, const model::UnclipScheduler& scheduler,
                                       const PriorSampling& sampling, model::NoiseSource& noise,
                                       const model::DenoiseObserver& observer);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_SAMPLER_H_
