// The types that weights can be served in, as options name them.
#ifndef UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_
#define UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_

#include <c10/core/ScalarType.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

// "float32", "bfloat16" or "float16"; INVALID_ARGUMENT for anything else.
absl::StatusOr<at::ScalarType> ParseServingDtype(absl::string_view name);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_
