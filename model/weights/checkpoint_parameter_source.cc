#include "model/weights/checkpoint_parameter_source.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/weights/mapped_file.h"
#include "model/weights/tensor_entry.h"
#include "model/weights/weight_conversion.h"

namespace unclip::model {
namespace {

bool IsWeightType(Dtype dtype) { return dtype == Dtype::kF32 || dtype == Dtype::kF16 || dtype == Dtype::kBF16; }

Dtype FileType(at::ScalarType type) { return type == at::kFloat ? Dtype::kF32 : type == at::kHalf ? Dtype::kF16 : Dtype::kBF16; }

bool IsAligned(const TensorEntry& entry) { return reinterpret_cast<uintptr_t>(entry.data.data()) % DtypeSize(entry.dtype) == 0; }

// The tensor as [outputs, inputs, positions], with one position unless `is_kernel`.
WeightValues ValuesOf(const TensorEntry& entry, bool is_kernel) {
  WeightValues values = {.data = entry.data.data(), .dtype = entry.dtype, .inputs = entry.element_count()};
  if (!is_kernel || values.inputs == 0) return values;
  values = {.data = entry.data.data(),
            .dtype = entry.dtype,
            .outputs = entry.shape[0],
            .inputs = entry.shape[1],
            .positions = entry.shape[2] * entry.shape[3]};
  return values;
}

bool IsKernel(const std::vector<int64_t>& shape) { return shape.size() == 4 && shape[2] * shape[3] != 1; }

}  // namespace

bool IsHarmlessBuffer(absl::string_view name) {
  return name == "text_model.embeddings.position_ids" || name == "vision_model.embeddings.position_ids";
}

CheckpointParameterSource::CheckpointParameterSource(std::shared_ptr<const WeightStore> store, at::ScalarType dtype)
    : store_(std::move(store)), dtype_(dtype) {}

WeightStore::Weight CheckpointParameterSource::Take(const Parameter& parameter) {
  const auto& [name, shape] = parameter;
  if (!status_.ok()) return {};
  WeightStore::Weight weight = store_->Find(name);
  if (!weight) {
    Fail(store_->path(), name, absl::StrCat("is missing; the config asks for shape ", ShapeText(shape)));
    return {};
  }
  const TensorEntry& entry = *weight.entry;
  if (entry.shape != shape) {
    Fail(weight.file->path(), name,
         absl::StrCat("has shape ", ShapeText(entry.shape), "; the config asks for ", ShapeText(shape)));
    return {};
  }
  if (!IsWeightType(entry.dtype)) {
    Fail(weight.file->path(), name, absl::StrCat("has type ", DtypeName(entry.dtype), "; weights must be F32, F16 or BF16"));
    return {};
  }
  asked_.insert(name);
  return weight;
}

at::Tensor CheckpointParameterSource::View(const WeightStore::Weight& weight) {
  const TensorEntry& entry = *weight.entry;
  if (entry.dtype != FileType(dtype_) || !IsAligned(entry)) return {};
  if (!AllFinite(ValuesOf(entry, /*is_kernel=*/false))) FailNotFinite(weight);
  // LibTorch takes no pointer to const; nothing here writes through it, and the pages are mapped read-only.
  auto* const data = const_cast<std::byte*>(entry.data.data());
  const auto release = [file = weight.file, range = entry.data](void*) { DropPages(range); };
  return at::from_blob(data, entry.shape, release, at::TensorOptions(dtype_));
}

void CheckpointParameterSource::Convert(const WeightStore::Weight& weight, bool is_kernel, void* to) {
  const bool finite = ConvertWeights(ValuesOf(*weight.entry, is_kernel), FileType(dtype_), to);
  DropPages(weight.entry->data);
  if (!finite) FailNotFinite(weight);
}

at::Tensor CheckpointParameterSource::Get(const std::string& name, const std::vector<int64_t>& shape) {
  const WeightStore::Weight weight = Take({.name = name, .shape = shape});
  if (!weight) return {};
  at::Tensor tensor = View(weight);
  if (!tensor.defined()) {
    tensor = at::empty(shape, at::TensorOptions(dtype_));
    Convert(weight, /*is_kernel=*/false, tensor.mutable_data_ptr());
  }
  return status_.ok() ? tensor : at::Tensor();
}

at::Tensor CheckpointParameterSource::Borrow(const std::vector<Parameter>& parts) {
  std::vector<WeightStore::Weight> weights;
  std::vector<int64_t> shape = parts.front().shape;
  shape[0] = 0;
  for (const Parameter& part : parts) {
    weights.push_back(Take(part));
    if (!weights.back()) return {};
    shape[0] += part.shape[0];
  }
  const bool is_kernel = IsKernel(shape);
  if (parts.size() == 1 && !is_kernel) {
    at::Tensor view = View(weights.front());
    if (view.defined()) return status_.ok() ? view : at::Tensor();
  }
  size_t size = 0;
  for (const WeightStore::Weight& weight : weights) size += weight.entry->element_count() * c10::elementSize(dtype_);
  if (size > borrowed_.size()) {
    borrowed_ = {};  // first, so that there are never both
    borrowed_ = HugePages(size);
  }
  std::byte* to = borrowed_.data();
  for (const WeightStore::Weight& weight : weights) {
    Convert(weight, is_kernel, to);
    to += weight.entry->element_count() * c10::elementSize(dtype_);
  }
  if (!status_.ok()) return {};
  if (!is_kernel) return at::from_blob(borrowed_.data(), shape, at::TensorOptions(dtype_));
  const int64_t in = shape[1], width = shape[3], positions = shape[2] * width;
  return at::from_blob(borrowed_.data(), shape, {positions * in, 1, width * in, in}, at::TensorOptions(dtype_));
}

absl::Status CheckpointParameterSource::Finish() const {
  if (!status_.ok()) return status_;
  constexpr size_t kMaxShown = 3;
  std::vector<std::string> unknown;
  for (const std::string& name : store_->names()) {
    if (!asked_.contains(name) && !IsHarmlessBuffer(name)) unknown.push_back(absl::CHexEscape(name));
  }
  if (unknown.empty()) return absl::OkStatus();
  const size_t shown = std::min(unknown.size(), kMaxShown);
  return absl::InvalidArgumentError(
      absl::StrCat(store_->path(), ": ", unknown.size(), unknown.size() == 1 ? " tensor is" : " tensors are",
                   " unknown to the network that the config describes: \"",
                   absl::StrJoin(unknown.begin(), unknown.begin() + shown, "\", \""), unknown.size() > shown ? "\", ..." : "\""));
}

void CheckpointParameterSource::Fail(const std::string& path, const std::string& name, const std::string& problem) {
  status_ = absl::InvalidArgumentError(absl::StrCat(path, ": tensor \"", absl::CHexEscape(name), "\" ", problem));
}

void CheckpointParameterSource::FailNotFinite(const WeightStore::Weight& weight) {
  Fail(weight.file->path(), weight.entry->name,
       absl::StrCat("of type ", DtypeName(weight.entry->dtype), " has values that are not finite in ",
                    DtypeName(FileType(dtype_))));
}

}  // namespace unclip::model
