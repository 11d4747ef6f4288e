// The innermost loops of group normalization's gradients. Free of LibTorch: plain pointers, one call for a strip of memory.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_STRIP_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_STRIP_H_

#include <cstdint>

#include "model/nn/vector_row.h"

namespace unclip::model {

// `rows` rows of kStripWidth values of type T (float or Bfloat16Bits) each, `stride` values apart. The forward pass made z = x ×
// scale + shift of each, by its column's entries of `scales` and `shifts`, and y = SiLU(z), or z if not `silu`. dz is the
// gradient of z.
template <typename T>
struct GradientStrip {
  const T* x;
  const T* dy;
  int64_t rows;
  int64_t stride;
  const float* scales;
  const float* shifts;
  bool silu;
};

// Sums over one channel's values.
struct GradientSums {
  double dz = 0;
  double dz_times_x = 0;  // of dz × (x - center)

  void Add(const GradientSums& other) {
    dz += other.dz;
    dz_times_x += other.dz_times_x;
  }
};

// Adds each column's sums to its entry of `sums`, x being taken as its distance from the column's entry of `centers`. What this
// and the next compute depends on the arguments and the processor's kind alone. Thread-safe.
template <typename T>
void AddStripSums(const GradientStrip<T>& strip, const float* centers, GradientSums* sums);

// dx = dz × scale + x × slope + offset, by the column's entries, in rows as far apart as those of x.
template <typename T>
void StripGradients(const GradientStrip<T>& strip, const float* slopes, const float* offsets, T* dx);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_STRIP_H_
