// What a safetensors file says of one tensor, and the element types of that format.
#ifndef UNCLIP_MODEL_WEIGHTS_TENSOR_ENTRY_H_
#define UNCLIP_MODEL_WEIGHTS_TENSOR_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace unclip::model {

// Element types with a whole number of bytes; all little-endian.
enum class Dtype { kF64, kF32, kF16, kBF16, kF8E4M3, kF8E5M2, kI64, kI32, kI16, kI8, kU64, kU32, kU16, kU8, kBool };

// The format's own name, such as "BF16".
absl::string_view DtypeName(Dtype dtype);
// The reverse; nullopt for a name that is unknown or of a type with less than a byte to an element.
std::optional<Dtype> ParseDtype(absl::string_view name);
// Bytes of one element, 1 to 8.
size_t DtypeSize(Dtype dtype);

// The text "[2, 3]" of a shape; "[]" for a scalar.
std::string ShapeText(absl::Span<const int64_t> shape);

// A name and a shape: what a network needs of a checkpoint.
struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
};

// One tensor of a file. `data` holds exactly product(shape) × DtypeSize(dtype) bytes, row-major, aligned to nothing in
// particular.
struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;  // each >= 0; empty for a scalar
  absl::Span<const std::byte> data;

  int64_t element_count() const { return static_cast<int64_t>(data.size() / DtypeSize(dtype)); }
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_TENSOR_ENTRY_H_
