#include "model/nn/tensor_view.h"

#include <ATen/ops/from_blob.h>

namespace unclip::model {

at::Tensor ViewFloats(const std::vector<float>& values, const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  TORCH_CHECK(count == static_cast<int64_t>(values.size()), "expected ", count, " values, not ", values.size());
  return at::from_blob(const_cast<float*>(values.data()), shape, at::TensorOptions().dtype(at::kFloat));
}

at::Tensor ViewMask(const std::vector<uint8_t>& mask) {
  return at::from_blob(const_cast<uint8_t*>(mask.data()), {1, static_cast<int64_t>(mask.size())},
                       at::TensorOptions().dtype(at::kByte));  // [1, n]
}

std::vector<float> ToFloats(const at::Tensor& tensor) {
  const at::Tensor floats = tensor.to(at::kFloat).cpu().contiguous();
  return std::vector<float>(floats.data_ptr<float>(), floats.data_ptr<float>() + floats.numel());
}

}  // namespace unclip::model
