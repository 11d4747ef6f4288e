#include "model/nn/group_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/record_function.h>

#include "model/nn/group_norm_autograd.h"
#include "model/nn/group_norm_forward.h"

namespace unclip::model {
namespace {

// The same of LibTorch's operators, for devices and types that the kernel does not know. On a GPU theirs gives planes, whatever
// it is given, so that the convolution behind it brings them into its own order.
at::Tensor Compose(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                   const NormModulation& modulation) {
  const auto expand = [](const at::Tensor& rows) { return rows.unsqueeze(-1).unsqueeze(-1); };  // [N, C, 1, 1]
  at::Tensor y = modulation.add.defined() ? x + expand(modulation.add).to(x.scalar_type()) : x;
  y = at::group_norm(y, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), epsilon);
  // In place, and in float32 until it is written.
  if (modulation.scale.defined()) at::addcmul_out(y, expand(modulation.shift), y, 1 + expand(modulation.scale));
  return modulation.silu ? at::silu_(y) : y;
}

}  // namespace

GroupNorm::GroupNorm(ParameterSource& source, const std::string& prefix, int64_t group_count, int64_t channels, double epsilon)
    : weight_(source.Get(prefix + ".weight", {channels})),
      bias_(source.Get(prefix + ".bias", {channels})),
      group_count_(group_count),
      epsilon_(epsilon) {
  if (!weight_.defined() || !bias_.defined() || !weight_.is_cpu()) return;
  weight_ = weight_.to(at::kFloat).contiguous();
  bias_ = bias_.to(at::kFloat).contiguous();
}

at::Tensor GroupNorm::operator()(const at::Tensor& x, const NormModulation& modulation) const {
  RECORD_FUNCTION("unclip::group_norm", {});  // for profilers; it is no operator of LibTorch
  if (RecordsGradient(x, weight_, bias_, modulation)) {
    return DifferentiableGroupNorm(x, group_count_, weight_, bias_, epsilon_, modulation);
  }
  if (!HasNormKernel(x)) return Compose(x, group_count_, weight_, bias_, epsilon_, modulation);
  return NormalizeForward(IsChannelsLast(x) ? x : x.contiguous(), group_count_, weight_, bias_, epsilon_, modulation);
}

}  // namespace unclip::model
