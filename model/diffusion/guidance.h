// Classifier-free guidance of a model's output.
#ifndef UNCLIP_MODEL_DIFFUSION_GUIDANCE_H_
#define UNCLIP_MODEL_DIFFUSION_GUIDANCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace unclip::model {

// Classifier-free guidance: unconditional + scale × (conditional - unconditional) over a batch of [unconditional, conditional]
// halves [2N, ...] -> [N, ...].
at::Tensor Guide(const at::Tensor& output, double guidance_scale);

// Guidance of the first `channels` channels only; the rest (the learned variance) comes from the conditional half.
// [2N, C', H, W] -> [N, C', H, W].
at::Tensor GuideKeepingVariance(const at::Tensor& output, double guidance_scale, int64_t channels);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_GUIDANCE_H_
