// The types that weights can be served in, as options name them.
#ifndef UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_
#define UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

// "float32", "bfloat16", "float16", or "auto": bfloat16 on a GPU and where the processor multiplies it itself (AVX512_BF16, AMX),
// which is faster and holds half as much, else float32. INVALID_ARGUMENT for anything else.
absl::StatusOr<at::ScalarType> ParseServingDtype(absl::string_view name, at::Device device = at::kCPU);

// The name of a type that ParseServingDtype() gives.
std::string ServingDtypeName(at::ScalarType dtype);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_DTYPE_OPTION_H_
