#include "train/diffusion_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/log.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <numbers>
#include <vector>

namespace unclip::train {
namespace {

using Prediction = model::UnclipScheduler::PredictionType;

// The entries of `table` [T] at `timesteps` [N], to multiply with tensors of `like`'s rank: [N, 1, ...].
at::Tensor Pick(const at::Tensor& table, const at::Tensor& timesteps, const at::Tensor& like) {
  std::vector<int64_t> shape(like.dim(), 1);
  shape[0] = timesteps.size(0);
  return table.index_select(0, timesteps).reshape(shape);
}

}  // namespace

DiffusionLoss::DiffusionLoss(const model::UnclipScheduler::Options& scheduler, const DiffusionLossOptions& options)
    : scheduler_(scheduler), options_(options) {
  const model::UnclipScheduler tables(scheduler);
  alphas_cumprod_ = at::tensor(tables.alphas_cumprod(), at::kFloat);  // [T]
  betas_ = at::tensor(tables.betas(), at::kFloat);                    // [T]
}

at::Tensor DiffusionLoss::DrawTimesteps(int64_t count, int first, int last, at::Generator& random) const {
  const double shift = options_.timestep_shift;
  const at::Tensor even = at::rand({count}, random, at::kDouble);  // [N]
  const at::Tensor shifted = shift * even / (1 + (shift - 1) * even);
  return (first + (last + 1 - first) * shifted).floor().to(at::kLong).clamp_max(last);
}

at::Tensor DiffusionLoss::AddNoise(const at::Tensor& x0, const at::Tensor& timesteps, const at::Tensor& noise) const {
  const at::Tensor alpha = Pick(alphas_cumprod_, timesteps, x0);  // [N, 1, ...]
  return at::sqrt(alpha) * x0 + at::sqrt(1 - alpha) * noise;
}

at::Tensor DiffusionLoss::Weights(const at::Tensor& timesteps) const {
  const at::Tensor alpha = alphas_cumprod_.index_select(0, timesteps);  // [N]
  const at::Tensor snr = alpha / (1 - alpha);
  const bool is_noise = scheduler_.prediction_type == Prediction::kEpsilon;
  switch (options_.weighting) {
    case LossWeighting::kUniform:
      return at::ones_like(snr);
    case LossWeighting::kMinSnr:
      return is_noise ? snr.clamp_max(options_.weighting_limit) / snr : snr.clamp_max(options_.weighting_limit);
    case LossWeighting::kHighNoise:
      return (is_noise ? 1 / snr : snr).clamp(1, options_.weighting_limit);
    case LossWeighting::kSqrtSnr:
      return at::sqrt(is_noise ? 1 / snr : snr).clamp(1 / options_.weighting_limit, options_.weighting_limit);
  }
  return at::ones_like(snr);
}

at::Tensor DiffusionLoss::EstimateOriginal(const at::Tensor& prediction, const at::Tensor& noised,
                                           const at::Tensor& timesteps) const {
  if (scheduler_.prediction_type == Prediction::kSample) return prediction;
  const at::Tensor alpha = Pick(alphas_cumprod_, timesteps, noised);
  return (noised - at::sqrt(1 - alpha) * prediction) / at::sqrt(alpha);
}

DiffusionLoss::Terms DiffusionLoss::operator()(const at::Tensor& output, const at::Tensor& x0, const at::Tensor& noised,
                                               const at::Tensor& noise, const at::Tensor& timesteps) const {
  const int64_t channels = x0.size(1);
  const bool has_variance = output.size(1) != channels;
  const at::Tensor prediction = has_variance ? output.narrow(1, 0, channels) : output;
  const at::Tensor& target = scheduler_.prediction_type == Prediction::kEpsilon ? noise : x0;
  const at::Tensor errors = (prediction - target).square().flatten(1).mean(1);  // [N]
  Terms terms = {.total = (Weights(timesteps) * errors).mean(), .error = errors.detach().mean(), .variational = {}};
  if (!has_variance || options_.variational_weight == 0) return terms;
  terms.variational = VariationalBound(prediction, output.narrow(1, channels, channels), x0, noised, timesteps);
  terms.total = terms.total + options_.variational_weight * terms.variational;
  return terms;
}

at::Tensor DiffusionLoss::VariationalBound(const at::Tensor& prediction, const at::Tensor& variance, const at::Tensor& x0,
                                           const at::Tensor& noised, const at::Tensor& timesteps) const {
  const at::Tensor beta = Pick(betas_, timesteps, x0), alpha_cumprod = Pick(alphas_cumprod_, timesteps, x0);
  const at::Tensor before = Pick(alphas_cumprod_, (timesteps - 1).clamp_min(0), x0);
  const at::Tensor posterior = ((1 - before) / (1 - alpha_cumprod) * beta).clamp_min(1e-20);  // [N, 1, ...]
  at::Tensor estimate = EstimateOriginal(prediction.detach(), noised, timesteps);
  if (scheduler_.clip_sample) estimate = estimate.clamp(-scheduler_.clip_sample_range, scheduler_.clip_sample_range);
  // The means of both have the noised sample's part in common.
  const at::Tensor distance = at::sqrt(before) * beta / (1 - alpha_cumprod) * (x0 - estimate);  // [N, C, ...]
  const at::Tensor share = (variance + 1) / 2;
  const at::Tensor log_model = share * at::log(beta) + (1 - share) * at::log(posterior);
  const at::Tensor log_true = at::log(posterior);
  const at::Tensor divergence =
      0.5 * (log_model - log_true - 1 + at::exp(log_true - log_model) + distance.square() * at::exp(-log_model));
  const at::Tensor bits = divergence.flatten(1).mean(1) / std::numbers::ln2;  // [N]
  const at::Tensor counts = (timesteps > 0).to(at::kFloat);                   // [N]
  return (bits * counts).sum() / counts.sum().clamp_min(1);
}

}  // namespace unclip::train
