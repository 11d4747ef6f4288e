#include "train/tensor_file.h"

#include <ATen/ops/empty.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/safetensors_writer.h"

namespace unclip::train {
namespace {

using model::Dtype;

struct TypePair {
  Dtype file;
  at::ScalarType tensor;
};
constexpr TypePair kTypes[] = {{Dtype::kF32, at::kFloat},
                               {Dtype::kF16, at::kHalf},
                               {Dtype::kBF16, at::kBFloat16},
                               {Dtype::kI64, at::kLong},
                               {Dtype::kU8, at::kByte}};

std::optional<Dtype> FileType(at::ScalarType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.tensor == type) return pair.file;
  }
  return std::nullopt;
}

std::optional<at::ScalarType> TensorType(Dtype type) {
  for (const TypePair& pair : kTypes) {
    if (pair.file == type) return pair.tensor;
  }
  return std::nullopt;
}

}  // namespace

at::Tensor TensorFile::Find(const std::string& name) const {
  for (const auto& [key, tensor] : tensors) {
    if (key == name) return tensor;
  }
  return {};
}

absl::Status WriteTensorFile(const std::string& path, const TensorFile& file) {
  std::vector<model::SafetensorsWriter::Declaration> declarations;
  for (const auto& [name, tensor] : file.tensors) {
    const std::optional<Dtype> type = FileType(tensor.scalar_type());
    if (!type) return absl::InternalError(absl::StrCat(path, ": ", name, " has a type that is not written"));
    declarations.push_back({.name = name, .dtype = *type, .shape = tensor.sizes().vec()});
  }
  const std::string unfinished = path + ".unfinished";
  ASSIGN_OR_RETURN(std::unique_ptr<model::SafetensorsWriter> writer,
                   model::SafetensorsWriter::Create(unfinished, declarations, file.metadata));
  for (const auto& [name, tensor] : file.tensors) {
    const at::Tensor dense = tensor.contiguous();
    RETURN_IF_ERROR(writer->Append({static_cast<const std::byte*>(dense.const_data_ptr()), dense.nbytes()}));
  }
  RETURN_IF_ERROR(writer->Close());
  if (std::rename(unfinished.c_str(), path.c_str()) != 0)
    return absl::UnavailableError(absl::StrCat(path, ": cannot be replaced"));
  return absl::OkStatus();
}

absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::SafetensorsFile> source, model::SafetensorsFile::Open(path));
  TensorFile file = {.tensors = {}, .metadata = source->metadata()};
  for (const model::TensorEntry& entry : source->tensors()) {
    const std::optional<at::ScalarType> type = TensorType(entry.dtype);
    if (!type) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": ", entry.name, " is ", model::DtypeName(entry.dtype), ", which is not read here"));
    }
    at::Tensor tensor = at::empty(entry.shape, *type);
    std::memcpy(tensor.mutable_data_ptr(), entry.data.data(), entry.data.size());
    file.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return file;
}

}  // namespace unclip::train
