// What a diffusion model's output says of the finished sample.
#ifndef UNCLIP_MODEL_DIFFUSION_ORIGINAL_ESTIMATE_H_
#define UNCLIP_MODEL_DIFFUSION_ORIGINAL_ESTIMATE_H_

#include <ATen/core/Tensor.h>

#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// The estimate of x0 [N, C, ...], clamped if `options` say so, where the model was given `sample` [N, C, ...] at a noise level of
// `alpha_cumprod`, in (0, 1), and answered `model_output` [N, C, ...], or [N, 2C, ...] with a variance in the second half, which
// is not looked at, for kLearnedRange. Ho et al. 2020 (2006.11239) formula (15). All float32.
at::Tensor EstimateOriginal(const UnclipScheduler::Options& options, double alpha_cumprod, const at::Tensor& model_output,
                            const at::Tensor& sample);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_ORIGINAL_ESTIMATE_H_
