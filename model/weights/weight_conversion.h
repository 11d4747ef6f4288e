// Turns the values of a checkpoint's tensors into the serving type, checking them on the way.
#ifndef UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_H_
#define UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_H_

#include <cstddef>
#include <cstdint>

#include "model/weights/tensor_entry.h"

namespace unclip::model {

// A tensor's values as a file holds them: [outputs, inputs, positions], aligned to nothing in particular. All are taken for
// matrices: anything but a convolution's kernel has one position.
struct WeightValues {
  const std::byte* data = nullptr;
  Dtype dtype = Dtype::kF32;  // F32, F16 or BF16
  int64_t outputs = 1;
  int64_t inputs = 1;
  int64_t positions = 1;
};

// Writes `values` to `to` as [outputs, positions, inputs] of `dtype` (F32, F16 or BF16): the order of channels-last kernels, and
// that of the file where there is one position. Rounds to nearest, halves to even. False when one is not finite before or
// afterwards; what is written is then of no use. Uses LibTorch's threads.
bool ConvertWeights(const WeightValues& values, Dtype dtype, void* to);

// Whether all are finite. Uses LibTorch's threads.
bool AllFinite(const WeightValues& values);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_WEIGHT_CONVERSION_H_
