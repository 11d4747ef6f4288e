// The activation functions that checkpoints name.
#ifndef UNCLIP_MODEL_NN_ACTIVATION_H_
#define UNCLIP_MODEL_NN_ACTIVATION_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace unclip::model {

enum class Activation {
  kGelu,       // x Φ(x), exact (erf)
  kQuickGelu,  // x σ(1.702 x), CLIP's own
  kSilu,       // x σ(x)
};

// Names that ParseActivation() knows: "gelu", "quick_gelu", "silu", "swish".
const std::vector<std::string>& ActivationNames();

// The activation of one of ActivationNames(); config readers have refused all others before.
Activation ParseActivation(absl::string_view name);

at::Tensor Activate(Activation activation, const at::Tensor& x);  // any shape -> the same

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_ACTIVATION_H_
