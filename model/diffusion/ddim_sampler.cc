#include "model/diffusion/ddim_sampler.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/diffusion/original_estimate.h"

namespace unclip::model {

absl::StatusOr<std::vector<int>> DdimSampler::Timesteps(const UnclipScheduler& scheduler, int step_count) {
  const int count = scheduler.options().num_train_timesteps;
  if (step_count < 1 || step_count > count) {
    return absl::InvalidArgumentError(absl::StrCat("step count is ", step_count, "; it must be 1 to ", count));
  }
  if (step_count == 1) return std::vector<int>{count - 1};
  return scheduler.Timesteps(step_count);
}

DdimSampler::DdimSampler(const UnclipScheduler& scheduler, std::vector<int> timesteps, double eta)
    : scheduler_(scheduler), timesteps_(std::move(timesteps)), eta_(eta) {}

Sampler::Step DdimSampler::Advance(int index, const at::Tensor& model_output, const at::Tensor& sample, const at::Tensor& noise) {
  const std::vector<float>& alphas_cumprod = scheduler_.alphas_cumprod();
  const double cumprod = alphas_cumprod[timesteps_[index]];
  const double next_cumprod = IsLast(index) ? 1.0 : alphas_cumprod[timesteps_[index + 1]];
  const double variance = eta_ * eta_ * (1 - next_cumprod) / (1 - cumprod) * (1 - cumprod / next_cumprod);
  // At eta 1 and a long stride the two are nearly equal, and rounding decides the sign.
  const double direction = std::sqrt(std::max(1 - next_cumprod - variance, 0.0));

  // epsilon is that which leads from the clamped x0 to the sample, not what the model said: the sample would otherwise get the
  // noise of one picture and the content of another, and leave the range that the model was trained on. Without a clamp they are
  // equal. In x' = √next x0 + direction ε with ε = (x - √cumprod x0) / √(1 - cumprod), what x0 and x are multiplied by is
  // gathered.
  const double x_factor = direction / std::sqrt(1 - cumprod);
  const double x0_factor = std::sqrt(next_cumprod) - x_factor * std::sqrt(cumprod);
  Step step;
  step.original_sample = EstimateOriginal(scheduler_.options(), cumprod, model_output, sample);
  step.previous_sample = step.original_sample * x0_factor + sample * x_factor;
  if (NeedsNoise(index)) step.previous_sample = step.previous_sample + noise * std::sqrt(variance);
  return step;
}

}  // namespace unclip::model
