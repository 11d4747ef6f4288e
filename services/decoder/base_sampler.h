// Draws small pictures with the base decoder.
#ifndef UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_
#define UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/diffusion/denoise.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/unclip_scheduler.h"
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
  int step_count = 2;
  bool has_guidance = false;
  double guidance_scale = 1;
};

// Draws N pictures [N, 3, size, size] in -1..1, float32. Errors: those of model::Denoise.
absl::StatusOr<at::Tensor> SampleBase(const Unet& unet, const TextProjection& projection, const model::UnclipScheduler& scheduler,
                                      const BaseSampling& sampling, model::NoiseSource& noise,
                                      const model::DenoiseObserver& observer);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_BASE_SAMPLER_H_
