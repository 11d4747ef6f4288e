#include "model/nn/conv2d.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>

#include "model/nn/packed_ops.h"

namespace unclip::model {

Conv2d::Conv2d(ParameterSource& source, const std::string& prefix, const Options& options) : padding_(options.kernel_size / 2) {
  const Parameter parameter = {.name = prefix + ".weight",
                               .shape = {options.out_channels, options.in_channels, options.kernel_size, options.kernel_size}};
  const at::Tensor weight = source.Borrow({parameter});
  bias_ = source.Get(prefix + ".bias", {options.out_channels});
  if (!weight.defined()) return;
  is_packed_ = CanPack(weight);
  weight_ = is_packed_               ? PackConvWeight(weight, options.size)
            : weight.requires_grad() ? weight
                                     : source.Get(parameter.name, parameter.shape).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor Conv2d::operator()(const at::Tensor& x) const {
  return is_packed_ ? PackedConv(x, weight_, bias_, padding_) : at::conv2d(x, weight_, bias_, /*stride=*/1, padding_);
}

at::Tensor Conv2d::AddTo(const at::Tensor& other, const at::Tensor& x) const {
  return is_packed_ ? PackedConvAdd(x, weight_, bias_, padding_, other) : (*this)(x) + other;
}

}  // namespace unclip::model
