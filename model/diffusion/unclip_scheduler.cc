#include "model/diffusion/unclip_scheduler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/exp.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"

namespace unclip::model {
namespace {

constexpr double kMaxBeta = 0.999;
constexpr float kMinVariance = 1e-20F;  // so that the logarithm at t = 0 is finite

// The squared-cosine schedule's alphas_cumprod at time u in 0 .. 1.
double CosineAlphaBar(double u) {
  const double cosine = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
  return cosine * cosine;
}

}  // namespace

UnclipScheduler::UnclipScheduler(const Options& options) : options_(options) {
  const int count = options.num_train_timesteps;
  double product = 1;  // the reference's cumprod accumulates in double and rounds each entry
  for (int i = 0; i < count; ++i) {
    const double ratio = CosineAlphaBar(static_cast<double>(i + 1) / count) / CosineAlphaBar(static_cast<double>(i) / count);
    betas_.push_back(static_cast<float>(std::min(1 - ratio, kMaxBeta)));
    alphas_.push_back(1.0F - betas_.back());
    product *= alphas_.back();
    alphas_cumprod_.push_back(static_cast<float>(product));
  }
}

absl::StatusOr<std::vector<int>> UnclipScheduler::Timesteps(int step_count) const {
  if (step_count < 2 || step_count > options_.num_train_timesteps) {
    return absl::InvalidArgumentError(
        absl::StrCat("step count is ", step_count, "; it must be 2 to ", options_.num_train_timesteps));
  }
  const double stride = static_cast<double>(options_.num_train_timesteps - 1) / (step_count - 1);
  std::vector<int> timesteps;
  timesteps.reserve(step_count);
  for (int k = step_count - 1; k >= 0; --k) timesteps.push_back(static_cast<int>(std::nearbyint(k * stride)));
  return timesteps;
}

UnclipScheduler::Coefficients UnclipScheduler::CoefficientsAt(int timestep, int previous_timestep) const {
  const float cumprod = alphas_cumprod_[timestep];
  const float previous_cumprod = previous_timestep >= 0 ? alphas_cumprod_[previous_timestep] : 1.0F;
  const bool is_adjacent = previous_timestep == timestep - 1;
  const float one_minus_cumprod = 1.0F - cumprod;
  const float one_minus_previous = 1.0F - previous_cumprod;
  Coefficients c;
  c.beta = is_adjacent ? betas_[timestep] : 1.0F - cumprod / previous_cumprod;
  const float alpha = is_adjacent ? alphas_[timestep] : 1.0F - c.beta;
  c.x0 = std::sqrt(previous_cumprod) * c.beta / one_minus_cumprod;
  c.sample = std::sqrt(alpha) * one_minus_previous / one_minus_cumprod;
  c.posterior_variance = one_minus_previous / one_minus_cumprod * c.beta;
  c.sqrt_alpha_cumprod = std::sqrt(cumprod);
  c.sqrt_one_minus_alpha_cumprod = std::sqrt(one_minus_cumprod);
  return c;
}

UnclipScheduler::Step UnclipScheduler::Advance(const at::Tensor& model_output, int timestep, int previous_timestep,
                                               const at::Tensor& sample, const at::Tensor& noise) const {
  const Coefficients c = CoefficientsAt(timestep, previous_timestep);
  const int64_t channels = sample.size(1);
  const bool is_learned = options_.variance_type == VarianceType::kLearnedRange;
  const at::Tensor prediction = is_learned ? model_output.narrow(1, 0, channels) : model_output;  // [N, C, ...]

  Step step;
  step.original_sample = options_.prediction_type == PredictionType::kSample
                             ? prediction
                             : (sample - prediction * c.sqrt_one_minus_alpha_cumprod) / c.sqrt_alpha_cumprod;
  if (options_.clip_sample) {
    step.original_sample = at::clamp(step.original_sample, -options_.clip_sample_range, options_.clip_sample_range);
  }
  step.previous_sample = step.original_sample * c.x0 + sample * c.sample;
  if (timestep == 0) return step;

  if (is_learned) {
    const float min_log = std::log(c.posterior_variance);
    const float max_log = std::log(c.beta);
    const at::Tensor fraction = (model_output.narrow(1, channels, channels) + 1) / 2;  // [N, C, ...]
    const at::Tensor log_variance = fraction * max_log + (1 - fraction) * min_log;     // [N, C, ...]
    step.previous_sample = step.previous_sample + at::exp(log_variance * 0.5) * noise;
  } else {
    const float deviation = std::exp(0.5F * std::log(std::max(c.posterior_variance, kMinVariance)));
    step.previous_sample = step.previous_sample + noise * deviation;
  }
  return step;
}

}  // namespace unclip::model
