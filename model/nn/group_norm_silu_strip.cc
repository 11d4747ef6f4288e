#include "model/nn/group_norm_silu_strip.h"

#include "model/nn/bfloat16_bits.h"
#include "model/nn/vector_row.h"

namespace unclip::model {
namespace {

template <typename V, typename T>
UNCLIP_INLINE void MapStrip(const T* x, int64_t rows, int64_t stride, const float* scales, const float* shifts, T* y) {
  Row<V, T> scale, shift;
  scale.Spread(scales);
  shift.Spread(shifts);
  for (int64_t row = 0; row < rows; ++row, x += stride, y += stride) {
    Row<V, T> values;
    values.Load(x);
    for (int64_t i = 0; i < Row<V, T>::kCount; ++i) {
      const typename V::Floats z = values.vectors[i] * scale.vectors[i] + shift.vectors[i];
      typename V::Floats e;
      Exp<V>(-z, e);
      values.vectors[i] = z / (1.0F + e);
    }
    values.Store(y);
  }
}

// One version for each width of vectors that a processor may have; the widest is chosen when the process starts. No fused
// multiplication and addition where the rest of the kernel has none, so that all of it rounds alike.
#define UNCLIP_DEFINE_VERSION(T, TARGET, V)                                                                                    \
  __attribute__((target(TARGET))) void Map(const T* x, int64_t rows, int64_t stride, const float* scales, const float* shifts, \
                                           T* y) {                                                                             \
    MapStrip<V>(x, rows, stride, scales, shifts, y);                                                                           \
  }

#define UNCLIP_DEFINE_VERSIONS(T)                \
  UNCLIP_DEFINE_VERSION(T, "avx512f", Vectors64) \
  UNCLIP_DEFINE_VERSION(T, "avx2", Vectors32)    \
  UNCLIP_DEFINE_VERSION(T, "default", Vectors16)

UNCLIP_DEFINE_VERSIONS(float)
UNCLIP_DEFINE_VERSIONS(Bfloat16Bits)

}  // namespace

template <typename T>
void SiluStrip(const T* x, int64_t rows, int64_t stride, const float* scales, const float* shifts, T* y) {
  Map(x, rows, stride, scales, shifts, y);
}

template void SiluStrip(const float*, int64_t, int64_t, const float*, const float*, float*);
template void SiluStrip(const Bfloat16Bits*, int64_t, int64_t, const float*, const float*, Bfloat16Bits*);

}  // namespace unclip::model
