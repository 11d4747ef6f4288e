#include "model/nn/group_norm_autograd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>
#include <c10/core/GradMode.h>

#include <vector>

namespace unclip::model {

bool RecordsGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const NormModulation& modulation) {
  if (!c10::GradMode::is_enabled()) return false;
  for (const at::Tensor* tensor : {&x, &weight, &bias, &modulation.add, &modulation.scale, &modulation.shift}) {
    if (tensor->defined() && tensor->requires_grad()) return true;
  }
  return false;
}

at::Tensor DifferentiableGroupNorm(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias,
                                   double epsilon, const NormModulation& modulation) {
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

}  // namespace unclip::model
