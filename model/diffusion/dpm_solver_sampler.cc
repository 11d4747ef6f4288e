#include "model/diffusion/dpm_solver_sampler.h"

#include <ATen/TensorOperators.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/diffusion/original_estimate.h"

namespace unclip::model {
namespace {

// "lambda", half the logarithm of the signal-to-noise ratio; infinite where there is no noise.
double HalfLogSnr(double cumprod) { return std::log(cumprod / (1 - cumprod)) / 2; }

}  // namespace

absl::StatusOr<std::vector<int>> DpmSolverSampler::Timesteps(const UnclipScheduler& scheduler, int step_count) {
  const int max_step_count = scheduler.options().num_train_timesteps - 1;
  if (step_count < 1 || step_count > max_step_count) {
    return absl::InvalidArgumentError(absl::StrCat("step count is ", step_count, "; it must be 1 to ", max_step_count));
  }
  absl::StatusOr<std::vector<int>> timesteps = scheduler.Timesteps(step_count + 1);
  if (timesteps.ok()) timesteps->pop_back();
  return timesteps;
}

DpmSolverSampler::DpmSolverSampler(const UnclipScheduler& scheduler, std::vector<int> timesteps)
    : scheduler_(scheduler), timesteps_(std::move(timesteps)) {}

double DpmSolverSampler::CumprodAt(int index) const {
  return index < static_cast<int>(timesteps_.size()) ? scheduler_.alphas_cumprod()[timesteps_[index]] : 1.0;
}

Sampler::Step DpmSolverSampler::Advance(int index, const at::Tensor& model_output, const at::Tensor& sample,
                                        const at::Tensor& /*noise*/) {
  const double cumprod = CumprodAt(index);
  const double next_cumprod = CumprodAt(index + 1);
  const double h = HalfLogSnr(next_cumprod) - HalfLogSnr(cumprod);
  Step step;
  step.original_sample = EstimateOriginal(scheduler_.options(), cumprod, model_output, sample);

  at::Tensor x0 = step.original_sample;  // what is assumed of x0 during the step, [N, C, ...]
  const bool is_last = index + 1 == static_cast<int>(timesteps_.size());
  // The last step is infinitely long, so the midpoint's x0 cannot be told from the two seen.
  if (last_estimate_.defined() && !is_last) {
    const double last_h = HalfLogSnr(cumprod) - HalfLogSnr(CumprodAt(index - 1));
    x0 = x0 + (x0 - last_estimate_) * (h / last_h / 2);
  }
  last_estimate_ = step.original_sample;
  // On the last step h is infinite, the factor of the sample 0 and that of x0 exactly 1.
  step.previous_sample = sample * std::sqrt((1 - next_cumprod) / (1 - cumprod)) - x0 * (std::sqrt(next_cumprod) * std::expm1(-h));
  return step;
}

}  // namespace unclip::model
