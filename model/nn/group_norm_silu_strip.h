// The innermost loop of group normalization with SiLU. Free of LibTorch: plain pointers, one call for a strip of memory.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_SILU_STRIP_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_SILU_STRIP_H_

#include <cstdint>

namespace unclip::model {

// y = SiLU(x × scale + shift) of `rows` rows of kStripWidth<T> values each, in x and y `stride` values apart, by each column's
// entries. T is float or Bfloat16Bits. Thread-safe.
template <typename T>
void SiluStrip(const T* x, int64_t rows, int64_t stride, const float* scales, const float* shifts, T* y);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_SILU_STRIP_H_
