// The loop that every diffusion model here is sampled with.
#ifndef UNCLIP_MODEL_DIFFUSION_DENOISE_H_
#define UNCLIP_MODEL_DIFFUSION_DENOISE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// What the model says of sample x [N, C, ...] at a timestep; `is_last` on the last step. Guidance, if any, is already applied.
using DenoiseModel = std::function<at::Tensor(const at::Tensor& x, int timestep, bool is_last)>;

// Called after each step with the number of steps done and the running estimate of x0 [N, C, ...]; an error ends the loop.
using DenoiseObserver = std::function<absl::Status(int step, const at::Tensor& original_sample)>;

// Samples `shape` [N, C, ...] in `step_count` steps: starts from noise, asks `model`, lets `scheduler` step. Draws
// {stage, NoiseKey::kStart}, then {stage, i} for each step i but the one at timestep 0. Returns the sample, float32;
// INVALID_ARGUMENT for an impossible step count, the observer's error, or INTERNAL when the model's output is not finite.
absl::StatusOr<at::Tensor> Denoise(const UnclipScheduler& scheduler, int step_count, const std::vector<int64_t>& shape,
                                   NoiseSource& noise, uint32_t stage, const DenoiseModel& model,
                                   const DenoiseObserver& observer);

// Classifier-free guidance: unconditional + scale × (conditional - unconditional) over a batch of [unconditional, conditional]
// halves [2N, ...] -> [N, ...].
at::Tensor Guide(const at::Tensor& output, double guidance_scale);

// Guidance of the first `channels` channels only; the rest (the learned variance) comes from the conditional half.
// [2N, C', H, W] -> [N, C', H, W].
at::Tensor GuideKeepingVariance(const at::Tensor& output, double guidance_scale, int64_t channels);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_DENOISE_H_
