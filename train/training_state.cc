#include "train/training_state.h"

#include <ATen/ops/isfinite.h>
#include <c10/core/GradMode.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/tensor_entry.h"
#include "train/tensor_file.h"

namespace unclip::train {
namespace {

constexpr absl::string_view kSteps = "steps";

// transformers and diffusers name their files differently.
std::string WeightsPath(const TrainingFolder& folder, absl::string_view component) {
  const bool is_tower = absl::EndsWith(component, "_encoder");
  return absl::StrCat(folder.ComponentDir(component), is_tower ? "/model" : "/diffusion_pytorch_model", ".safetensors");
}

std::string Key(const TrainableParameters& parameters, const std::string& name, absl::string_view part) {
  return absl::StrCat(parameters.component(), "/", name, "/", part);
}

// Copies `from` into `to`, which may be undefined.
absl::Status Take(const TensorFile& file, const std::string& path, const std::string& key, const at::Tensor& like,
                  at::Tensor& to) {
  const at::Tensor from = file.Find(key);
  if (!from.defined() || from.sizes() != like.sizes()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no tensor ", key, " of shape ", model::ShapeText(like.sizes()), "; it is of another network"));
  }
  if (to.defined()) {
    to.copy_(from);
  } else {
    to = from;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SaveTrainingState(const std::string& path, const std::vector<TrainableParameters*>& parameters, int64_t steps) {
  TensorFile file = {.tensors = {}, .metadata = {{std::string(kSteps), absl::StrCat(steps)}}};
  for (const TrainableParameters* each : parameters) {
    for (const TrainableParameters::Entry& entry : each->list()) {
      file.tensors.emplace_back(Key(*each, entry.name, "value"), entry.value.detach());
      file.tensors.emplace_back(Key(*each, entry.name, "average"), entry.average);
      if (!entry.moment1.defined()) continue;
      file.tensors.emplace_back(Key(*each, entry.name, "moment1"), entry.moment1);
      file.tensors.emplace_back(Key(*each, entry.name, "moment2"), entry.moment2);
    }
  }
  return WriteTensorFile(path, file);
}

absl::StatusOr<int64_t> LoadTrainingState(const std::string& path, const std::vector<TrainableParameters*>& parameters) {
  const at::NoGradGuard no_grad;
  ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  for (TrainableParameters* each : parameters) {
    for (TrainableParameters::Entry& entry : each->list()) {
      RETURN_IF_ERROR(Take(file, path, Key(*each, entry.name, "value"), entry.value, entry.value));
      RETURN_IF_ERROR(Take(file, path, Key(*each, entry.name, "average"), entry.value, entry.average));
      const std::string moment1 = Key(*each, entry.name, "moment1");
      if (!file.Find(moment1).defined()) continue;  // of a constant
      RETURN_IF_ERROR(Take(file, path, moment1, entry.value, entry.moment1));
      RETURN_IF_ERROR(Take(file, path, Key(*each, entry.name, "moment2"), entry.value, entry.moment2));
    }
  }
  int64_t steps = 0;
  const auto it = file.metadata.find(std::string(kSteps));
  if (it == file.metadata.end() || !absl::SimpleAtoi(it->second, &steps) || steps < 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": does not say how many steps were done"));
  }
  return steps;
}

absl::Status SaveComponents(const TrainingFolder& folder, const std::vector<TrainableParameters*>& parameters,
                            at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  for (const TrainableParameters* each : parameters) {
    if (each->component().empty()) continue;
    TensorFile file = {.tensors = {}, .metadata = {{"format", "pt"}}};  // which transformers asks for
    for (const TrainableParameters::Entry& entry : each->list()) {
      const at::Tensor value = entry.average.to(dtype);
      if (!at::isfinite(value).all().item<bool>()) {
        return absl::FailedPreconditionError(absl::StrCat(each->component(), ": ", entry.name, " is not finite"));
      }
      file.tensors.emplace_back(entry.name, value);
    }
    RETURN_IF_ERROR(WriteTensorFile(WeightsPath(folder, each->component()), file));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> LoadComponents(const TrainingFolder& folder, const std::vector<TrainableParameters*>& parameters) {
  int count = 0;
  for (TrainableParameters* each : parameters) {
    std::error_code error;
    if (each->component().empty() || !std::filesystem::exists(WeightsPath(folder, each->component()), error)) continue;
    const std::string path = WeightsPath(folder, each->component());
    ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
    for (const auto& [name, tensor] : file.tensors) {
      if (!each->Has(name)) return absl::InvalidArgumentError(absl::StrCat(path, ": ", name, " is of another network"));
      RETURN_IF_ERROR(each->Set(name, tensor.to(at::kFloat)));
    }
    ++count;
  }
  return count;
}

}  // namespace unclip::train
