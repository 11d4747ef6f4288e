// AdamW with a moving average of the parameters.
#ifndef UNCLIP_TRAIN_OPTIMIZER_H_
#define UNCLIP_TRAIN_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "train/trainable_parameters.h"

namespace unclip::train {

struct OptimizerOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  double gradient_clip = 1.0;    // the largest norm of all gradients together; 0: not clipped
  double average_decay = 0.999;  // of the moving average, once it is warm
};

// Source: Loshchilov & Hutter 2019 (1711.05101), as in torch.optim.AdamW; the moving average warms up as min(decay, n / (n +
// 10)). Not thread-safe.
class Optimizer {
 public:
  // `parameters` must outlive it.
  Optimizer(const OptimizerOptions& options, std::vector<TrainableParameters*> parameters)
      : options_(options), parameters_(std::move(parameters)) {}

  // The gradients that are there, in the order of the parameters.
  std::vector<at::Tensor> Gradients() const;

  // The norm of all of them together.
  double GradientNorm() const;

  // Multiplies all gradients.
  void ScaleGradients(double factor);

  // One step with what is in the gradients (as Step() finds them, clipped to `gradient_norm`, which is GradientNorm()), which are
  // then gone.
  void Step(double learning_rate, double gradient_norm);

  int64_t step_count() const { return step_count_; }
  void set_step_count(int64_t count) { step_count_ = count; }

 private:
  const OptimizerOptions options_;
  const std::vector<TrainableParameters*> parameters_;
  int64_t step_count_ = 0;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_OPTIMIZER_H_
