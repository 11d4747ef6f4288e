#include "model/diffusion/denoise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip::model {

absl::StatusOr<at::Tensor> Denoise(const UnclipScheduler& scheduler, int step_count, const std::vector<int64_t>& shape,
                                   NoiseSource& noise, uint32_t stage, const DenoiseModel& model,
                                   const DenoiseObserver& observer) {
  ASSIGN_OR_RETURN(const std::vector<int> timesteps, scheduler.Timesteps(step_count));
  at::Tensor x = noise.Draw({stage, NoiseKey::kStart}, shape);
  for (int i = 0; i < step_count; ++i) {
    const int timestep = timesteps[i];
    const bool is_last = i + 1 == step_count;
    const at::Tensor output = model(x, timestep, is_last).to(at::kFloat);
    // Before the clamp, which would turn an infinity into a plausible value.
    if (!at::isfinite(output).all().item<bool>()) {
      return absl::InternalError(absl::StrCat("the model gave values that are not finite at timestep ", timestep));
    }
    const at::Tensor step_noise = timestep > 0 ? noise.Draw({stage, i}, shape) : at::Tensor();
    UnclipScheduler::Step step = scheduler.Advance(output, timestep, is_last ? timestep - 1 : timesteps[i + 1], x, step_noise);
    x = std::move(step.previous_sample);
    RETURN_IF_ERROR(observer(i + 1, step.original_sample));
  }
  return x;
}

at::Tensor Guide(const at::Tensor& output, double guidance_scale) {
  const int64_t n = output.size(0) / 2;
  const at::Tensor unconditional = output.narrow(0, 0, n);
  return unconditional + (output.narrow(0, n, n) - unconditional) * guidance_scale;  // [N, ...]
}

at::Tensor GuideKeepingVariance(const at::Tensor& output, double guidance_scale, int64_t channels) {
  const int64_t n = output.size(0) / 2;
  at::Tensor guided = Guide(output.narrow(1, 0, channels), guidance_scale);  // [N, C, H, W]
  if (output.size(1) == channels) return guided;
  const at::Tensor variance = output.narrow(0, n, n).narrow(1, channels, output.size(1) - channels);  // [N, C' - C, H, W]
  return at::cat({guided, variance}, 1);                                                              // [N, C', H, W]
}

}  // namespace unclip::model
