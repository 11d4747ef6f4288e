#include "model/nn/group_norm_autograd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <vector>

#include "model/nn/group_norm_backward.h"
#include "model/nn/group_norm_forward.h"

namespace unclip::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::optional<at::Tensor> Optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

// The kernel's passes as one function to be differentiated. x is dense.
class FusedGroupNorm : public torch::autograd::Function<FusedGroupNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const std::optional<at::Tensor>& add, const std::optional<at::Tensor>& scale,
                            const std::optional<at::Tensor>& shift, bool silu, int64_t groups, double epsilon) {
    const NormModulation modulation = {.add = add.value_or(at::Tensor()),
                                       .scale = scale.value_or(at::Tensor()),
                                       .shift = shift.value_or(at::Tensor()),
                                       .silu = silu};
    NormStatistics statistics;
    at::Tensor y = NormalizeForward(x, groups, weight, bias, epsilon, modulation, &statistics);
    context->save_for_backward(
        {x, weight, bias, modulation.add, modulation.scale, statistics.maps, statistics.groups, statistics.sums});
    context->saved_data["silu"] = silu;
    context->saved_data["shifts"] = shift.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& dys) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "group norm can be differentiated once, not twice");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const NormModulation modulation = {
        .add = saved[3], .scale = saved[4], .shift = {}, .silu = context->saved_data["silu"].toBool()};
    const at::MemoryFormat order = IsChannelsLast(x) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const NormGradients gradients = NormalizeBackward(dys[0].to(x.scalar_type()).contiguous(order), x,
                                                      {.maps = saved[5], .groups = saved[6], .sums = saved[7]}, weight, bias,
                                                      modulation, /*wants_x=*/context->needs_input_grad(0));
    const auto where = [](bool given, const at::Tensor& gradient) { return given ? gradient : at::Tensor(); };
    return {gradients.x,
            gradients.weight,
            gradients.bias,
            gradients.add,
            where(modulation.scale.defined(), gradients.scale),
            where(context->saved_data["shifts"].toBool(), gradients.shift),
            {},
            {},
            {}};
  }
};

// The same of LibTorch's operators, for devices and types that the kernel does not know.
at::Tensor Compose(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                   const NormModulation& modulation) {
  std::vector<int64_t> row_shape(x.dim(), 1);
  row_shape[0] = -1;
  row_shape[1] = x.size(1);
  const auto expand = [&row_shape](const at::Tensor& rows) { return rows.reshape(row_shape); };  // [N, C, 1, ...]
  const at::ScalarType type = x.scalar_type();
  at::Tensor y = modulation.add.defined() ? x + expand(modulation.add).to(type) : x;
  y = at::group_norm(y, groups, weight.to(type), bias.to(type), epsilon);
  // In the wider type until it is rounded.
  if (modulation.scale.defined()) y = (y * (1 + expand(modulation.scale)) + expand(modulation.shift)).to(type);
  return modulation.silu ? at::silu(y) : y;
}

}  // namespace

bool RecordsGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const NormModulation& modulation) {
  if (!c10::GradMode::is_enabled()) return false;
  for (const at::Tensor* tensor : {&x, &weight, &bias, &modulation.add, &modulation.scale, &modulation.shift}) {
    if (tensor->defined() && tensor->requires_grad()) return true;
  }
  return false;
}

at::Tensor DifferentiableGroupNorm(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias,
                                   double epsilon, const NormModulation& modulation) {
  if (!HasNormKernel(x)) return Compose(x, groups, weight, bias, epsilon, modulation);
  return FusedGroupNorm::apply(IsChannelsLast(x) ? x : x.contiguous(), weight, bias, Optional(modulation.add),
                               Optional(modulation.scale), Optional(modulation.shift), modulation.silu, groups, epsilon);
}

}  // namespace unclip::model
