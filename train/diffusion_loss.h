// What a diffusion network is trained to make small.
#ifndef UNCLIP_TRAIN_DIFFUSION_LOSS_H_
#define UNCLIP_TRAIN_DIFFUSION_LOSS_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "model/diffusion/unclip_scheduler.h"

namespace unclip::train {

// How much each timestep counts. snr = alphas_cumprod / (1 - alphas_cumprod).
enum class LossWeighting {
  kUniform,    // 1
  kMinSnr,     // epsilon: min(snr, limit) / snr; sample: min(snr, limit) (Hang et al. 2023, 2303.09556)
  kHighNoise,  // epsilon: 1 / snr, from 1 to limit; sample: snr, from 1 to limit: where the noise is strong, what the picture is
               // counts, which the plain loss of the noise all but ignores (Salimans & Ho 2022, 2202.00512, §4, "truncated SNR")
  kSqrtSnr,  // epsilon: 1 / sqrt(snr), sample: sqrt(snr), both from 1 / limit to limit. A picture's error falls about so, so each
             // timestep counts about the same, as uncertainty weighting would have it (Karras et al. 2023, 2312.02696): not those
             // most where the picture is anyone's guess
};

struct DiffusionLossOptions {
  LossWeighting weighting = LossWeighting::kUniform;
  double weighting_limit = 5;
  double variational_weight = 0.001;  // of the bound that trains a learned variance; see VariationalBound()
  double timestep_shift = 1;          // 1 and more; see DrawTimesteps()
};

// Immutable and thread-safe. N samples of any shape [N, C, ...], all float32.
class DiffusionLoss {
 public:
  DiffusionLoss(const model::UnclipScheduler::Options& scheduler, const DiffusionLossOptions& options);

  struct Terms {
    at::Tensor total;        // what to go down: weighted + variational_weight × variational
    at::Tensor error;        // the plain mean squared error
    at::Tensor variational;  // bits a value; undefined without a learned variance or a weight for it
  };

  // `count` timesteps [N] int64 from `first` to `last`: u evenly from [0, 1), moved towards the noise to shift u / (1 + (shift -
  // 1) u) (Esser et al. 2024, 2403.03206, §5.3.2). Of a large, plain picture so much shows through the noise that what it is gets
  // decided in the last few timesteps only.
  at::Tensor DrawTimesteps(int64_t count, int first, int last, at::Generator& random) const;

  // x0 at `timesteps` [N] with `noise` like x0: sqrt(alphas_cumprod) x0 + sqrt(1 - alphas_cumprod) noise.
  at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& timesteps, const at::Tensor& noise) const;

  // `output` [N, C, ...], or [N, 2C, ...] with a learned variance, is what the network said of `noised`.
  Terms operator()(const at::Tensor& output, const at::Tensor& x0, const at::Tensor& noised, const at::Tensor& noise,
                   const at::Tensor& timesteps) const;

  // Each timestep's weight [N].
  at::Tensor Weights(const at::Tensor& timesteps) const;

  // What a prediction says of x0.
  at::Tensor EstimateOriginal(const at::Tensor& prediction, const at::Tensor& noised, const at::Tensor& timesteps) const;

  int timestep_count() const { return static_cast<int>(alphas_cumprod_.size(0)); }

 private:
  // The Kullback-Leibler divergence of the posterior and the model's step, of the timesteps above 0, in bits a value. The model's
  // mean is detached, so that this trains nothing but the variance (Nichol & Dhariwal 2021, 2102.09672, §3.1).
  at::Tensor VariationalBound(const at::Tensor& prediction, const at::Tensor& variance, const at::Tensor& x0,
                              const at::Tensor& noised, const at::Tensor& timesteps) const;

  const model::UnclipScheduler::Options scheduler_;
  const DiffusionLossOptions options_;
  at::Tensor betas_;           // [T]
  at::Tensor alphas_cumprod_;  // [T]
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DIFFUSION_LOSS_H_
