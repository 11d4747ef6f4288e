// The sampler of unCLIP: ancestral DDPM steps over a strided cosine schedule.
#ifndef UNCLIP_MODEL_DIFFUSION_UNCLIP_SCHEDULER_H_
#define UNCLIP_MODEL_DIFFUSION_UNCLIP_SCHEDULER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"

namespace unclip::model {

// Source: reference schedulers/scheduling_unclip.py; Ho et al. 2020 (2006.11239) formulas (7) and (15); Nichol & Dhariwal 2021
// (2102.09672) for the cosine schedule and the learned range of the variance.
//
// All tables and all arithmetic are float32 and in the reference's order: at t = 0 the reference's coefficient of x0 is 0.99947,
// not 1, because 1 - alphas_cumprod[0] loses bits, and pictures depend on that. Immutable and thread-safe.
class UnclipScheduler {
 public:
  enum class VarianceType {
    kFixedSmallLog,  // the posterior variance
    kLearnedRange,   // the model's second half of channels says where between the posterior variance and beta
  };
  enum class PredictionType {
    kEpsilon,  // the model predicts the noise
    kSample,   // the model predicts x0
  };

  struct Options {
    int num_train_timesteps = 1000;
    VarianceType variance_type = VarianceType::kFixedSmallLog;
    PredictionType prediction_type = PredictionType::kEpsilon;
    bool clip_sample = true;
    double clip_sample_range = 1.0;
  };

  // What one step gives.
  struct Step {
    at::Tensor previous_sample;  // x at the next (less noisy) timestep
    at::Tensor original_sample;  // the running estimate of x0, clamped
  };

  explicit UnclipScheduler(const Options& options);

  // The timesteps of `step_count` steps, falling: round(k × (num_train_timesteps - 1) / (step_count - 1)), halves to even.
  // INVALID_ARGUMENT unless 2 ≤ step_count ≤ num_train_timesteps (the rule divides by step_count - 1).
  absl::StatusOr<std::vector<int>> Timesteps(int step_count) const;

  // One step from `timestep` to `previous_timestep` (that of the next step; timestep - 1 on the last). `model_output` is
  // [N, C, ...], or [N, 2C, ...] with the variance in the second half for kLearnedRange; `sample` [N, C, ...]; `noise` as
  // `sample`, unused (and may be undefined) at timestep 0. All float32.
  Step Advance(const at::Tensor& model_output, int timestep, int previous_timestep, const at::Tensor& sample,
               const at::Tensor& noise) const;

  const Options& options() const { return options_; }
  const std::vector<float>& betas() const { return betas_; }
  const std::vector<float>& alphas_cumprod() const { return alphas_cumprod_; }

 private:
  struct Coefficients {
    float beta = 0;                // of the stride
    float x0 = 0;                  // of the estimate of x0 in the posterior mean
    float sample = 0;              // of the sample in the posterior mean
    float posterior_variance = 0;  // "beta tilde"
    float sqrt_alpha_cumprod = 0;
    float sqrt_one_minus_alpha_cumprod = 0;
  };

  Coefficients CoefficientsAt(int timestep, int previous_timestep) const;

  Options options_;
  std::vector<float> betas_;           // [num_train_timesteps]
  std::vector<float> alphas_;          // 1 - betas
  std::vector<float> alphas_cumprod_;  // running product of alphas
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_UNCLIP_SCHEDULER_H_
