#include "train/trainable_parameters.h"

#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "model/weights/tensor_entry.h"

namespace unclip::train {

TrainableParameters::TrainableParameters(std::string component, Initializer initializer, std::vector<std::string> constants)
    : component_(std::move(component)), initializer_(std::move(initializer)), constants_(std::move(constants)) {}

at::Tensor TrainableParameters::Get(const std::string& name, const std::vector<int64_t>& shape) {
  if (!status_.ok()) return {};
  auto [it, is_new] = index_.try_emplace(name, list_.size());
  if (is_new) {
    const at::NoGradGuard no_grad;
    const at::Tensor value = initializer_({.name = name, .shape = shape}).to(at::kFloat).contiguous();
    list_.push_back({.name = name, .value = value, .average = value.clone(), .moment1 = {}, .moment2 = {}});
    if (!absl::c_linear_search(constants_, name)) list_.back().value.requires_grad_(true);
  }
  const at::Tensor& value = list_[it->second].value;
  if (value.sizes() != at::IntArrayRef(shape)) {
    status_ = absl::InvalidArgumentError(absl::StrCat(component_, ": ", name, " has shape ", model::ShapeText(value.sizes()),
                                                      " where the config wants ", model::ShapeText(shape)));
    return {};
  }
  return value.to(compute_type_);
}

at::Tensor TrainableParameters::Borrow(const std::vector<model::Parameter>& parts) {
  std::vector<at::Tensor> values;
  values.reserve(parts.size());
  for (const model::Parameter& part : parts) {
    values.push_back(Get(part.name, part.shape));
    if (!status_.ok()) return {};
  }
  return values.size() == 1 ? values.front() : at::cat(values);  // [the sum of the first sizes, ...]
}

const TrainableParameters::Entry* TrainableParameters::Find(const std::string& name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &list_[it->second];
}

absl::Status TrainableParameters::Set(const std::string& name, const at::Tensor& value) {
  const at::NoGradGuard no_grad;
  const auto it = index_.find(name);
  if (it == index_.end()) {
    Get(name, value.sizes().vec());
    return Set(name, value);
  }
  Entry& entry = list_[it->second];
  if (entry.value.sizes() != value.sizes()) {
    return absl::InvalidArgumentError(absl::StrCat(component_, ": ", name, " has shape ", model::ShapeText(value.sizes()),
                                                   " where the config wants ", model::ShapeText(entry.value.sizes())));
  }
  entry.value.copy_(value);
  entry.average.copy_(value);
  return absl::OkStatus();
}

int64_t TrainableParameters::parameter_count() const {
  int64_t count = 0;
  for (const Entry& entry : list_) count += entry.value.numel();
  return count;
}

at::Tensor AveragedParameters::Get(const std::string& name, const std::vector<int64_t>& shape) {
  const TrainableParameters::Entry* entry = parameters_.Find(name);
  if (entry == nullptr || entry->average.sizes() != at::IntArrayRef(shape)) {
    if (status_.ok()) status_ = absl::InternalError(absl::StrCat(parameters_.component(), ": no parameter ", name));
    return {};
  }
  // A copy: a network may keep it while training changes the average.
  return entry->average.to(type_, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace unclip::train
