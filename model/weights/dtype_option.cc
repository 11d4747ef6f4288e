#include "model/weights/dtype_option.h"

#include <ATen/cpu/Utils.h>

#include "absl/strings/str_cat.h"

namespace unclip::model {
namespace {

bool MultipliesBfloat16() {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  for (const char* name : {"avx512_bf16", "amx_bf16"}) {
    const auto found = capabilities.find(name);
    if (found != capabilities.end() && found->second.isBool() && found->second.toBool()) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<at::ScalarType> ParseServingDtype(absl::string_view name, at::Device device) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float16") return at::kHalf;
  if (name == "auto") return device.is_cuda() || MultipliesBfloat16() ? at::kBFloat16 : at::kFloat;
  return absl::InvalidArgumentError(absl::StrCat("dtype is \"", name, "\"; it must be float32, bfloat16, float16 or auto"));
}

std::string ServingDtypeName(at::ScalarType dtype) {
  if (dtype == at::kFloat) return "float32";
  return dtype == at::kBFloat16 ? "bfloat16" : "float16";
}

}  // namespace unclip::model
