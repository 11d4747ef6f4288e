#include "train/optimizer.h"

#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace unclip::train {

std::vector<at::Tensor> Optimizer::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (const TrainableParameters* parameters : parameters_) {
    for (const TrainableParameters::Entry& entry : parameters->list()) {
      if (entry.value.grad().defined()) gradients.push_back(entry.value.grad());
    }
  }
  return gradients;
}

double Optimizer::GradientNorm() const {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = Gradients();
  if (gradients.empty()) return 0;
  return at::stack(at::_foreach_norm(gradients)).to(at::kDouble).norm().item<double>();
}

void Optimizer::ScaleGradients(double factor) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients = Gradients();
  if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
}

void Optimizer::Step(double learning_rate, double gradient_norm) {
  const at::NoGradGuard no_grad;
  if (options_.gradient_clip > 0 && gradient_norm > options_.gradient_clip) {
    ScaleGradients(options_.gradient_clip / (gradient_norm + 1e-6));
  }
  std::vector<at::Tensor> values, gradients, moments1, moments2, counts, averages;
  const at::Tensor count = at::full({}, static_cast<double>(step_count_ + 1), at::kFloat);
  for (TrainableParameters* parameters : parameters_) {
    for (TrainableParameters::Entry& entry : parameters->list()) {
      if (!entry.value.grad().defined()) continue;
      if (!entry.moment1.defined()) {
        entry.moment1 = at::zeros_like(entry.value);
        entry.moment2 = at::zeros_like(entry.value);
      }
      values.push_back(entry.value);
      gradients.push_back(entry.value.grad());
      moments1.push_back(entry.moment1);
      moments2.push_back(entry.moment2);
      counts.push_back(count);
      averages.push_back(entry.average);
    }
  }
  at::_fused_adamw_(values, gradients, moments1, moments2, /*max_exp_avg_sqs=*/{}, counts, learning_rate, options_.beta1,
                    options_.beta2, options_.weight_decay, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  const auto done = static_cast<double>(step_count_);
  const double decay = std::min(options_.average_decay, done / (done + 10));
  at::_foreach_lerp_(averages, values, 1 - decay);
  for (const at::Tensor& value : values) value.mutable_grad() = at::Tensor();
  ++step_count_;
}

}  // namespace unclip::train
