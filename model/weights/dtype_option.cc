#include "model/weights/dtype_option.h"

#include "absl/strings/str_cat.h"

namespace unclip::model {

absl::StatusOr<at::ScalarType> ParseServingDtype(absl::string_view name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float16") return at::kHalf;
  return absl::InvalidArgumentError(absl::StrCat("dtype is \"", name, "\"; it must be float32, bfloat16 or float16"));
}

}  // namespace unclip::model
