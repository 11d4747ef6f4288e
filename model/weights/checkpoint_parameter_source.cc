#include "model/weights/checkpoint_parameter_source.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/weights/mapped_file.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {
namespace {

std::optional<at::ScalarType> WeightType(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32:
      return at::kFloat;
    case Dtype::kF16:
      return at::kHalf;
    case Dtype::kBF16:
      return at::kBFloat16;
    default:
      return std::nullopt;
  }
}

bool IsAligned(const TensorEntry& entry) { return reinterpret_cast<uintptr_t>(entry.data.data()) % DtypeSize(entry.dtype) == 0; }

// LibTorch takes no pointer to const; nothing here writes through it, and the pages are mapped read-only.
void* DataOf(const TensorEntry& entry) { return const_cast<std::byte*>(entry.data.data()); }

at::Tensor View(const WeightStore::Weight& weight, at::ScalarType type) {
  const auto release = [file = weight.file, range = weight.entry->data](void*) { DropPages(range); };
  return at::from_blob(DataOf(*weight.entry), weight.entry->shape, release, at::TensorOptions(type));
}

at::Tensor Converted(const TensorEntry& entry, at::ScalarType source_type, at::ScalarType type) {
  at::Tensor source;
  if (IsAligned(entry)) {
    source = at::from_blob(DataOf(entry), entry.shape, at::TensorOptions(source_type));
  } else {
    source = at::empty(entry.shape, at::TensorOptions(source_type));
    if (!entry.data.empty()) std::memcpy(source.mutable_data_ptr(), entry.data.data(), entry.data.size());
  }
  at::Tensor result = source.to(type);  // the same tensor when it was copied already and the types are equal
  DropPages(entry.data);
  return result;
}

}  // namespace

bool IsHarmlessBuffer(absl::string_view name) {
  return name == "text_model.embeddings.position_ids" || name == "vision_model.embeddings.position_ids";
}

CheckpointParameterSource::CheckpointParameterSource(std::shared_ptr<const WeightStore> store, at::ScalarType dtype)
    : store_(std::move(store)), dtype_(dtype) {}

at::Tensor CheckpointParameterSource::Get(const std::string& name, const std::vector<int64_t>& shape) {
  if (!status_.ok()) return {};
  const WeightStore::Weight weight = store_->Find(name);
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
  const std::optional<at::ScalarType> type = WeightType(entry.dtype);
  if (!type.has_value()) {
    Fail(weight.file->path(), name, absl::StrCat("has type ", DtypeName(entry.dtype), "; weights must be F32, F16 or BF16"));
    return {};
  }
  asked_.insert(name);
  return *type == dtype_ && IsAligned(entry) ? View(weight, *type) : Converted(entry, *type, dtype_);
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

}  // namespace unclip::model
