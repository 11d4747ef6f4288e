#include "model/weights/tensor_entry.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace unclip::model {
namespace {

struct DtypeInfo {
  Dtype dtype;
  absl::string_view name;
  size_t size;  // bytes
};

constexpr DtypeInfo kDtypes[] = {
    {Dtype::kF64, "F64", 8}, {Dtype::kF32, "F32", 4},        {Dtype::kF16, "F16", 2},        {Dtype::kBF16, "BF16", 2},
    {Dtype::kI64, "I64", 8}, {Dtype::kF8E4M3, "F8_E4M3", 1}, {Dtype::kF8E5M2, "F8_E5M2", 1}, {Dtype::kI32, "I32", 4},
    {Dtype::kI16, "I16", 2}, {Dtype::kI8, "I8", 1},          {Dtype::kU64, "U64", 8},        {Dtype::kU32, "U32", 4},
    {Dtype::kU16, "U16", 2}, {Dtype::kU8, "U8", 1},          {Dtype::kBool, "BOOL", 1},
};

const DtypeInfo& InfoOf(Dtype dtype) {
  for (const DtypeInfo& info : kDtypes) {
    if (info.dtype == dtype) return info;
  }
  return kDtypes[0];  // not reached: the table names every enumerator
}

}  // namespace

absl::string_view DtypeName(Dtype dtype) { return InfoOf(dtype).name; }

std::optional<Dtype> ParseDtype(absl::string_view name) {
  for (const DtypeInfo& info : kDtypes) {
    if (info.name == name) return info.dtype;
  }
  return std::nullopt;
}

size_t DtypeSize(Dtype dtype) { return InfoOf(dtype).size; }

std::string ShapeText(absl::Span<const int64_t> shape) { return absl::StrCat("[", absl::StrJoin(shape, ", "), "]"); }

}  // namespace unclip::model
