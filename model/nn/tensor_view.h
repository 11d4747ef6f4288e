// Tensors over numbers that someone else holds.
#ifndef UNCLIP_MODEL_NN_TENSOR_VIEW_H_
#define UNCLIP_MODEL_NN_TENSOR_VIEW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace unclip::model {

// A float32 tensor of `shape` over `values`, which must outlive it and hold as many; never written to.
at::Tensor ViewFloats(const std::vector<float>& values, const std::vector<int64_t>& shape);

// A [1, n] uint8 tensor over `mask`, which must outlive it; never written to.
at::Tensor ViewMask(const std::vector<uint8_t>& mask);

// The values of `tensor` (any shape, type and device), row by row.
std::vector<float> ToFloats(const at::Tensor& tensor);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_TENSOR_VIEW_H_
