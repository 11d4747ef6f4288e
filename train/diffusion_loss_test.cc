#include "train/diffusion_loss.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unclip::train {
namespace {

using Options = model::UnclipScheduler::Options;
using Prediction = model::UnclipScheduler::PredictionType;

DiffusionLoss LossOf(Prediction prediction, LossWeighting weighting, double limit) {
  return {{.prediction_type = prediction}, {.weighting = weighting, .weighting_limit = limit, .variational_weight = 0.001}};
}

// snr is 0.004 at 957, 1.0 near 500 and 24,000 at 0.
at::Tensor Timesteps() { return at::tensor({int64_t{0}, int64_t{500}, int64_t{957}}); }

double SnrAt(const model::UnclipScheduler& scheduler, int timestep) {
  const double alpha = scheduler.alphas_cumprod()[timestep];
  return alpha / (1 - alpha);
}

TEST(DiffusionLossTest, DrawsTimestepsEvenlyUnlessTheyAreShiftedToTheNoise) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(1);
  const auto share_of_late = [&](double shift) {
    const DiffusionLoss loss({}, {.timestep_shift = shift});
    const at::Tensor timesteps = loss.DrawTimesteps(20000, 100, 299, random);
    EXPECT_EQ(timesteps.min().item<int>(), 100);
    EXPECT_EQ(timesteps.max().item<int>(), 299);
    return (timesteps >= 200).to(at::kDouble).mean().item<double>();
  };
  EXPECT_NEAR(share_of_late(1), 0.5, 0.02);
  EXPECT_NEAR(share_of_late(5), 5.0 / 6, 0.02);  // half = 5 u / (1 + 4 u) at u = 1/6
}

TEST(DiffusionLossTest, AddsNoNoiseAtTheFirstTimestepAndAllButAllAtTheLast) {
  const DiffusionLoss loss = LossOf(Prediction::kEpsilon, LossWeighting::kUniform, 1);
  const at::Tensor x0 = at::randn({2, 3}), noise = at::randn({2, 3});
  const at::Tensor noised = loss.AddNoise(x0, at::tensor({int64_t{0}, int64_t{999}}), noise);
  EXPECT_TRUE(at::allclose(noised[0], x0[0], 0, 0.05));
  EXPECT_TRUE(at::allclose(noised[1], noise[1], 0, 1e-3));
}

TEST(DiffusionLossTest, RecoversThePictureFromTheNoise) {
  const DiffusionLoss loss = LossOf(Prediction::kEpsilon, LossWeighting::kUniform, 1);
  const at::Tensor x0 = at::randn({3, 4}), noise = at::randn({3, 4});
  const at::Tensor noised = loss.AddNoise(x0, Timesteps(), noise);
  EXPECT_TRUE(at::allclose(loss.EstimateOriginal(noise, noised, Timesteps()), x0, 1e-3, 1e-3));
}

TEST(DiffusionLossTest, IsZeroForTheTruth) {
  const at::Tensor x0 = at::randn({3, 4}), noise = at::randn({3, 4});
  for (const Prediction prediction : {Prediction::kEpsilon, Prediction::kSample}) {
    const DiffusionLoss loss = LossOf(prediction, LossWeighting::kHighNoise, 60);
    const at::Tensor noised = loss.AddNoise(x0, Timesteps(), noise);
    const at::Tensor& truth = prediction == Prediction::kEpsilon ? noise : x0;
    const DiffusionLoss::Terms right = loss(truth, x0, noised, noise, Timesteps());
    EXPECT_EQ(right.total.item<double>(), 0);
    EXPECT_FALSE(right.variational.defined());
    EXPECT_GT(loss(truth + 0.1, x0, noised, noise, Timesteps()).total.item<double>(), 0);
  }
}

TEST(DiffusionLossTest, WeightsNoisyStepsUpToTheLimit) {
  const model::UnclipScheduler scheduler((Options()));
  const at::Tensor noise_weights = LossOf(Prediction::kEpsilon, LossWeighting::kHighNoise, 60).Weights(Timesteps());
  EXPECT_EQ(noise_weights[0].item<float>(), 1);
  EXPECT_NEAR(noise_weights[1].item<double>(), std::max(1.0, 1 / SnrAt(scheduler, 500)), 1e-4);
  EXPECT_EQ(noise_weights[2].item<float>(), 60);
  const at::Tensor sample_weights = LossOf(Prediction::kSample, LossWeighting::kHighNoise, 5).Weights(Timesteps());
  EXPECT_EQ(sample_weights[0].item<float>(), 5);
  EXPECT_EQ(sample_weights[2].item<float>(), 1);
}

TEST(DiffusionLossTest, SqrtSnrIsTheSameForBothPredictionsInUnitsOfThePicture) {
  const model::UnclipScheduler scheduler((Options()));
  const at::Tensor noise_weights = LossOf(Prediction::kEpsilon, LossWeighting::kSqrtSnr, 20).Weights(Timesteps());
  const at::Tensor sample_weights = LossOf(Prediction::kSample, LossWeighting::kSqrtSnr, 20).Weights(Timesteps());
  EXPECT_EQ(sample_weights[0].item<float>(), 20);
  EXPECT_FLOAT_EQ(noise_weights[0].item<float>(), 1.0F / 20);
  for (int i = 1; i < 3; ++i) {
    const double snr = SnrAt(scheduler, Timesteps()[i].item<int>());
    EXPECT_NEAR(sample_weights[i].item<double>(), std::sqrt(snr), 1e-4);
    EXPECT_NEAR(noise_weights[i].item<double>() * snr, sample_weights[i].item<double>(), 1e-4);
  }
}

TEST(DiffusionLossTest, MinSnrIsTheSameForBothPredictionsInUnitsOfThePicture) {
  const model::UnclipScheduler scheduler((Options()));
  const at::Tensor noise_weights = LossOf(Prediction::kEpsilon, LossWeighting::kMinSnr, 5).Weights(Timesteps());
  const at::Tensor sample_weights = LossOf(Prediction::kSample, LossWeighting::kMinSnr, 5).Weights(Timesteps());
  for (int i = 0; i < 3; ++i) {
    const double snr = SnrAt(scheduler, Timesteps()[i].item<int>());
    EXPECT_NEAR(sample_weights[i].item<double>(), std::min(snr, 5.0), 1e-4);
    EXPECT_NEAR(noise_weights[i].item<double>() * snr, sample_weights[i].item<double>(), 1e-3);
  }
}

TEST(DiffusionLossTest, TheBoundIsZeroWhereTheModelsStepIsThePosterior) {
  const DiffusionLoss loss = LossOf(Prediction::kSample, LossWeighting::kUniform, 1);
  const at::Tensor x0 = at::randn({3, 3, 2, 2}).clamp(-1, 1), noise = at::randn({3, 3, 2, 2});
  const at::Tensor noised = loss.AddNoise(x0, Timesteps(), noise);
  // -1 says: the variance is the posterior's.
  const DiffusionLoss::Terms exact = loss(at::cat({x0, at::zeros_like(x0) - 1}, 1), x0, noised, noise, Timesteps());
  EXPECT_NEAR(exact.variational.item<double>(), 0, 1e-5);
  const DiffusionLoss::Terms wide = loss(at::cat({x0, at::zeros_like(x0) + 1}, 1), x0, noised, noise, Timesteps());
  EXPECT_GT(wide.variational.item<double>(), 0);
  EXPECT_NEAR(wide.total.item<double>(), 0.001 * wide.variational.item<double>(), 1e-9);
}

TEST(DiffusionLossTest, TheBoundTrainsTheVarianceAlone) {
  const DiffusionLoss loss = LossOf(Prediction::kSample, LossWeighting::kUniform, 1);
  const at::Tensor x0 = at::randn({3, 3, 2, 2}).clamp(-1, 1), noise = at::randn({3, 3, 2, 2});
  const at::Tensor noised = loss.AddNoise(x0, Timesteps(), noise);
  const at::Tensor output = at::cat({x0 * 0.5, at::zeros_like(x0)}, 1).requires_grad_(true);
  loss(output, x0, noised, noise, Timesteps()).variational.backward();
  EXPECT_EQ(output.grad().narrow(1, 0, 3).abs().max().item<double>(), 0);
  EXPECT_GT(output.grad().narrow(1, 3, 3).abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace unclip::train
