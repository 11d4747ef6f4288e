// A tensor of NormModulation as numbers.
#ifndef UNCLIP_MODEL_NN_MODULATION_ROWS_H_
#define UNCLIP_MODEL_NN_MODULATION_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace unclip::model {

// A tensor [N, C] of float32 on the CPU, which must outlive this, or none: all zeros.
class ModulationRows {
 public:
  explicit ModulationRows(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.dim() == 2 && tensor.stride(1) == 1, "modulation is float32 [N, C]");
    data_ = tensor.const_data_ptr<float>();
    stride_ = tensor.stride(0);
  }
  float At(int64_t row, int64_t column) const { return data_ == nullptr ? 0.0F : data_[row * stride_ + column]; }

 private:
  const float* data_ = nullptr;
  int64_t stride_ = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_MODULATION_ROWS_H_
