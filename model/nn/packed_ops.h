// Matrix products and convolutions on weights that lie in memory as oneDNN wants them.
#ifndef UNCLIP_MODEL_NN_PACKED_OPS_H_
#define UNCLIP_MODEL_NN_PACKED_OPS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace unclip::model {

// LibTorch's own operators bring plain weights into oneDNN's order on every call, which for the coarse levels of a large UNet
// takes longer than the convolution, or hand float32 products to MKL, which is slow on processors that are not Intel's. With
// packed weights neither happens (measured in docs/performance.md), and a row's or a sample's result does not depend on what else
// is in the batch, nor on the number of threads; the one exception, a product of a single row, is padded to two. What requires a
// gradient is refused while gradients are recorded. Thread-safe.

// Whether this machine and build can do it for `dtype` on the CPU: float32, and bfloat16 where the processor has the
// instructions.
bool HasPackedOps(at::ScalarType dtype);

// Whether a weight, which may be undefined, is to be packed: where the machine can, and not while it is trained, since products
// of packed weights have no gradients.
bool CanPack(const at::Tensor& weight);

// The packed form of a weight [out, in]; an opaque tensor for PackedLinear() alone.
at::Tensor PackLinearWeight(const at::Tensor& weight);

// y = x Wᵀ + b. [..., in] -> [..., out]; `bias` may be undefined.
at::Tensor PackedLinear(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias);

// The packed form of a weight [out, in, k, k], for a convolution of stride 1 that keeps height and width, on pictures of about
// `size` a side; an opaque tensor for PackedConv() and PackedConvAdd() alone.
at::Tensor PackConvWeight(const at::Tensor& weight, int64_t size);

// [N, in, H, W] -> [N, out, H, W], channels-last.
at::Tensor PackedConv(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias, int64_t padding);

// The same plus `other` [N, out, H, W], added before it is written.
at::Tensor PackedConvAdd(const at::Tensor& x, const at::Tensor& packed_weight, const at::Tensor& bias, int64_t padding,
                         const at::Tensor& other);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_PACKED_OPS_H_
