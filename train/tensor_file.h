// Named tensors in a safetensors file, as training writes and reads them.
#ifndef UNCLIP_TRAIN_TENSOR_FILE_H_
#define UNCLIP_TRAIN_TENSOR_FILE_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace unclip::train {

struct TensorFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // float32, float16, bfloat16, int64 or uint8, on the CPU
  std::map<std::string, std::string> metadata;

  // The tensor `name`; undefined when there is none.
  at::Tensor Find(const std::string& name) const;
};

// Writes `file` beside `path` and renames it, so that `path` is always whole. Errors name the path.
absl::Status WriteTensorFile(const std::string& path, const TensorFile& file);

// Reads all of it into memory. NOT_FOUND when there is no such file; otherwise the errors of model::SafetensorsFile::Open.
absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TENSOR_FILE_H_
