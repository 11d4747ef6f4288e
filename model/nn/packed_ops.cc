#include "model/nn/packed_ops.h"

#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <optional>
#include <string_view>
#include <vector>

namespace unclip::model {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using OptionalScalars = c10::List<std::optional<at::Scalar>>;
using OptionalString = std::optional<std::string_view>;

// These operators are in LibTorch for its compiler's use, and have no C++ header.
template <typename Signature>
c10::TypedOperatorHandle<Signature> Find(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

OptionalTensor Optional(const at::Tensor& tensor) { return tensor.defined() ? OptionalTensor(tensor) : std::nullopt; }

// LibTorch would go on without a word, and whatever lies before the layer would not be trained.
void RefuseGradients(at::TensorList tensors) {
  if (!c10::GradMode::is_enabled()) return;
  for (const at::Tensor& tensor : tensors) {
    TORCH_CHECK(!tensor.defined() || !tensor.requires_grad(), "products of packed weights have no gradients");
  }
}

bool TryPackedOps(at::ScalarType dtype) {
  if (!at::Context::hasMKLDNN()) return false;
  try {
    const at::Tensor matrix = at::zeros({16, 16}, at::TensorOptions().dtype(dtype));
    PackedLinear(matrix, PackLinearWeight(matrix), at::Tensor());
    const at::Tensor picture =
        at::zeros({1, 16, 4, 4}, at::TensorOptions().dtype(dtype)).contiguous(at::MemoryFormat::ChannelsLast);
    PackedConv(picture, PackConvWeight(at::zeros({16, 16, 3, 3}, at::TensorOptions().dtype(dtype)), 4), at::Tensor(), 1);
    return true;
  } catch (const c10::Error&) {  // a processor without the instructions
    return false;
  }
}

}  // namespace

bool HasPackedOps(at::ScalarType dtype) {
  static const bool has_float = TryPackedOps(at::kFloat);
  static const bool has_bfloat16 = TryPackedOps(at::kBFloat16);
  return (dtype == at::kFloat && has_float) || (dtype == at::kBFloat16 && has_bfloat16);
}

bool CanPack(const at::Tensor& weight) {
  return weight.defined() && weight.is_cpu() && !weight.requires_grad() && HasPackedOps(weight.scalar_type());
}

at::Tensor PackLinearWeight(const at::Tensor& weight) {
  static const auto op = Find<at::Tensor(const at::Tensor&, std::optional<int64_t>)>("mkldnn::_reorder_linear_weight");
  return op.call(weight.contiguous(), std::nullopt);
}

at::Tensor PackedLinear(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias) {
  static const auto op = Find<at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, std::string_view,
                                         OptionalScalars, OptionalString)>("mkldnn::_linear_pointwise");
  RefuseGradients({x, bias});
  const bool single_row = x.numel() == x.size(-1);
  const at::Tensor input = single_row ? x.reshape({1, -1}).expand({2, -1}).contiguous() : x.contiguous();
  at::Tensor y = op.call(input, packed_weight, Optional(bias), "none", OptionalScalars(), "");
  if (!single_row) return y;
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = y.size(-1);
  return y.narrow(0, 0, 1).reshape(shape);
}

at::Tensor PackConvWeight(const at::Tensor& weight, int64_t size) {
  static const auto op =
      Find<at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, at::OptionalIntArrayRef)>(
          "mkldnn::_reorder_convolution_weight");
  const int64_t padding = weight.size(2) / 2;
  const std::vector<int64_t> input_size = {2, weight.size(1), size, size};
  return op.call(weight.contiguous(at::MemoryFormat::ChannelsLast), {padding, padding}, {1, 1}, {1, 1}, /*groups=*/1, input_size);
}

at::Tensor PackedConv(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias, int64_t padding) {
  RefuseGradients({x, bias});
  static const auto op =
      Find<at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, at::IntArrayRef, at::IntArrayRef,
                      at::IntArrayRef, int64_t, std::string_view, OptionalScalars, OptionalString)>(
          "mkldnn::_convolution_pointwise");
  return op.call(x, packed_weight, Optional(bias), {padding, padding}, {1, 1}, {1, 1}, /*groups=*/1, "none", OptionalScalars(),
                 "");
}

at::Tensor PackedConvAdd(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias, int64_t padding,
                         const at::Tensor& other) {
  RefuseGradients({x, bias, other});
  static const auto op =
      Find<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const OptionalTensor&, at::IntArrayRef,
                      at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view, std::optional<at::Scalar>, OptionalString,
                      OptionalScalars, OptionalString)>("mkldnn::_convolution_pointwise", "binary");
  return op.call(x, other, packed_weight, Optional(bias), {padding, padding}, {1, 1}, {1, 1}, /*groups=*/1, "add",
                 at::Scalar(1.0), std::nullopt, OptionalScalars(), std::nullopt);
}

}  // namespace unclip::model
