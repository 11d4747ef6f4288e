#include "train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unclip::train {
namespace {

// One parameter of two values, both 1.
class OptimizerTest : public ::testing::Test {
 protected:
  OptimizerTest() { parameters_.Get("a", {2}); }

  TrainableParameters::Entry& entry() { return parameters_.list().front(); }
  void SetGradient(float first, float second) { entry().value.mutable_grad() = at::tensor({first, second}); }

  TrainableParameters parameters_{"decoder", [](const model::Parameter& parameter) { return at::ones(parameter.shape); }};
};

// The formulas of torch.optim.AdamW, for one value.
double AdamW(double value, const std::vector<double>& gradients, double rate, const OptimizerOptions& options) {
  double moment1 = 0, moment2 = 0, step = 0;
  for (const double gradient : gradients) {
    ++step;
    value *= 1 - rate * options.weight_decay;
    moment1 = options.beta1 * moment1 + (1 - options.beta1) * gradient;
    moment2 = options.beta2 * moment2 + (1 - options.beta2) * gradient * gradient;
    const double denominator = std::sqrt(moment2 / (1 - std::pow(options.beta2, step))) + options.epsilon;
    value -= rate * moment1 / (1 - std::pow(options.beta1, step)) / denominator;
  }
  return value;
}

TEST_F(OptimizerTest, StepsAsAdamWDoes) {
  const OptimizerOptions options = {.gradient_clip = 0};
  Optimizer optimizer(options, {&parameters_});
  SetGradient(0.5F, -2);
  optimizer.Step(0.1, 0);
  SetGradient(0.25F, 1);
  optimizer.Step(0.1, 0);
  EXPECT_NEAR(entry().value[0].item<double>(), AdamW(1, {0.5, 0.25}, 0.1, options), 1e-6);
  EXPECT_NEAR(entry().value[1].item<double>(), AdamW(1, {-2, 1}, 0.1, options), 1e-6);
  EXPECT_FALSE(entry().value.grad().defined());
  EXPECT_EQ(optimizer.step_count(), 2);
}

TEST_F(OptimizerTest, ClipsTheNormOfAllGradientsTogether) {
  parameters_.Get("b", {1});
  Optimizer optimizer({.gradient_clip = 1}, {&parameters_});
  SetGradient(3, 0);
  parameters_.list()[1].value.mutable_grad() = at::tensor({4.0F});
  const double norm = optimizer.GradientNorm();
  EXPECT_DOUBLE_EQ(norm, 5);
  optimizer.Step(0.1, norm);
  EXPECT_TRUE(at::allclose(parameters_.list()[0].moment1, at::tensor({0.1F * 0.6F, 0.0F})));
  EXPECT_TRUE(at::allclose(parameters_.list()[1].moment1, at::tensor({0.1F * 0.8F})));
}

TEST_F(OptimizerTest, LeavesWhatHasNoGradient) {
  parameters_.Get("b", {1});
  Optimizer optimizer({}, {&parameters_});
  SetGradient(1, 1);
  optimizer.Step(0.1, optimizer.GradientNorm());
  EXPECT_TRUE(at::equal(parameters_.list()[1].value, at::ones({1})));
}

TEST_F(OptimizerTest, AveragesWithADecayThatWarmsUp) {
  Optimizer optimizer({.gradient_clip = 0, .average_decay = 0.5}, {&parameters_});
  SetGradient(1, 1);
  optimizer.Step(0.1, 0);
  EXPECT_TRUE(at::equal(entry().average, entry().value)) << "the first step's decay is 0";
  const at::Tensor average = entry().average.clone();
  SetGradient(1, 1);
  optimizer.Step(0.1, 0);
  EXPECT_TRUE(at::allclose(entry().average, average / 11 + entry().value.detach() * 10 / 11)) << "the second's is 1 / 11";
}

}  // namespace
}  // namespace unclip::train
