// The JSON header of a safetensors file, as far as it can be checked without the data.
#ifndef UNCLIP_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_
#define UNCLIP_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {

struct SafetensorsHeader {
  // The file's claim about one tensor; the offsets count from the start of the data.
  struct Claim {
    std::string name;
    Dtype dtype = Dtype::kF32;
    std::vector<int64_t> shape;  // each >= 0
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  std::vector<Claim> tensors;  // by begin, then end
  std::map<std::string, std::string> metadata;
};

struct SafetensorsHeaderLimits {
  size_t max_tensors = 0;
  size_t max_rank = 0;
};

// Reads the header in one pass that builds nothing but the result, so the memory used is bounded by a small multiple of `text`.
// INVALID_ARGUMENT, without the file's name, as listed at SafetensorsFile: form, names, types, and that shape × type is the
// range. Whether ranges fit each other and the file is left to the caller.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view text, const SafetensorsHeaderLimits& limits);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_
