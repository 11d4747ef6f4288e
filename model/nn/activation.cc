#include "model/nn/activation.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

namespace unclip::model {

const std::vector<std::string>& ActivationNames() {
  static const std::vector<std::string>& names = *new std::vector<std::string>{"gelu", "quick_gelu", "silu", "swish"};
  return names;
}

Activation ParseActivation(absl::string_view name) {
  if (name == "gelu") return Activation::kGelu;
  if (name == "quick_gelu") return Activation::kQuickGelu;
  return Activation::kSilu;
}

at::Tensor Activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kQuickGelu:
      return at::mul(x, at::sigmoid(at::mul(x, 1.702)));
    case Activation::kSilu:
      return at::silu(x);
  }
  return x;
}

}  // namespace unclip::model
