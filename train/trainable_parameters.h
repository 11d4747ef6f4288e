// The parameters of one network that is being trained.
#ifndef UNCLIP_TRAIN_TRAINABLE_PARAMETERS_H_
#define UNCLIP_TRAIN_TRAINABLE_PARAMETERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "model/nn/parameter_source.h"

namespace unclip::train {

// A network built from this hands gradients back to it, since what it gives are functions of float32 leaves. Networks take their
// parameters when they are built, and join some of them, so one is built anew for each step, which costs nothing beside the step:
//
//   TrainableParameters parameters("decoder", initializer);
//   for (;;) {
//     parameters.set_compute_type(at::kBFloat16);
//     const decoder::Unet unet(config, parameters);
//     LossOf(unet.Forward(...)).backward();   // parameters.list()[i].value.grad() are there
//   }
//
// Not thread-safe.
class TrainableParameters : public model::ParameterSource {
 public:
  // Float32; the first value of a parameter that is asked for the first time.
  using Initializer = std::function<at::Tensor(const model::Parameter& parameter)>;

  struct Entry {
    std::string name;
    at::Tensor value;    // a leaf; requires_grad() unless it is one of the constants
    at::Tensor average;  // its exponential moving average
    at::Tensor moment1;  // of Adam; undefined until the first step
    at::Tensor moment2;
  };

  // `component` is the folder that the network has in a checkpoint; `constants` are not trained.
  TrainableParameters(std::string component, Initializer initializer, std::vector<std::string> constants = {});

  const std::string& component() const { return component_; }

  // ParameterSource. Of the compute type.
  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override;
  at::Tensor Borrow(const std::vector<model::Parameter>& parts) override;
  bool Has(const std::string& name) const override { return index_.contains(name); }
  absl::Status status() const override { return status_; }

  // What networks compute in; float32 at first.
  void set_compute_type(at::ScalarType type) { compute_type_ = type; }

  // In the order in which they were first asked for.
  std::vector<Entry>& list() { return list_; }
  const std::vector<Entry>& list() const { return list_; }
  const Entry* Find(const std::string& name) const;

  // Sets a parameter, and its average, before or after it was asked for. INVALID_ARGUMENT when the shape is another.
  absl::Status Set(const std::string& name, const at::Tensor& value);

  int64_t parameter_count() const;

 private:
  const std::string component_;
  const Initializer initializer_;
  const std::vector<std::string> constants_;
  at::ScalarType compute_type_ = at::kFloat;
  std::vector<Entry> list_;
  absl::flat_hash_map<std::string, size_t> index_;  // name -> place in list_
  absl::Status status_;
};

// Hands a network the averages of `parameters`, without gradients: what is sampled from and what is saved.
class AveragedParameters : public model::ParameterSource {
 public:
  explicit AveragedParameters(const TrainableParameters& parameters, at::ScalarType type = at::kFloat)
      : parameters_(parameters), type_(type) {}

  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override;
  bool Has(const std::string& name) const override { return parameters_.Has(name); }
  absl::Status status() const override { return status_; }

 private:
  const TrainableParameters& parameters_;
  const at::ScalarType type_;
  absl::Status status_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAINABLE_PARAMETERS_H_
