#include "model/nn/group_norm_gradient_strip.h"

#include <algorithm>
#include <cstring>

#include "model/nn/bfloat16_bits.h"
#include "model/nn/vector_row.h"

namespace unclip::model {
namespace {

// Rows whose values are added up as floats before they go to sums of doubles.
constexpr int64_t kRun = 256;

// dy becomes dz. SiLU'(z) = σ(z) (1 + z σ(-z)), where σ(-z) = exp(-z) σ(z).
template <typename V, bool kSilu>
UNCLIP_INLINE void Differentiate(const typename V::Floats& z, typename V::Floats& dy) {
  if constexpr (kSilu) {
    typename V::Floats e;
    Exp<V>(-z, e);
    const typename V::Floats sigmoid = 1.0F / (1.0F + e);
    dy *= sigmoid * (1.0F + z * (e * sigmoid));  // z × e alone may be infinite
  }
}

template <typename V, bool kSilu, typename T>
UNCLIP_INLINE void AddSums(const GradientStrip<T>& strip, const float* centers, GradientSums* sums) {
  using Values = Row<V, T>;
  Values scale, shift, center;
  scale.Spread(strip.scales);
  shift.Spread(strip.shifts);
  center.Spread(centers);
  const T *x_row = strip.x, *dy_row = strip.dy;
  for (int64_t first = 0; first < strip.rows; first += kRun) {
    Values dz_sum, product_sum;
    const int64_t last = std::min(first + kRun, strip.rows);
    for (int64_t row = first; row < last; ++row, x_row += strip.stride, dy_row += strip.stride) {
      Values x, dz;
      x.Load(x_row);
      dz.Load(dy_row);
      for (int64_t i = 0; i < Values::kCount; ++i) {
        Differentiate<V, kSilu>(x.vectors[i] * scale.vectors[i] + shift.vectors[i], dz.vectors[i]);
        dz_sum.vectors[i] += dz.vectors[i];
        product_sum.vectors[i] += dz.vectors[i] * (x.vectors[i] - center.vectors[i]);
      }
    }
    float dz_sums[kStripWidth<T>], product_sums[kStripWidth<T>];
    std::memcpy(dz_sums, dz_sum.vectors, sizeof(dz_sums));
    std::memcpy(product_sums, product_sum.vectors, sizeof(product_sums));
    for (int64_t column = 0; column < kStripWidth<T>; ++column) {
      const int64_t place = Values::PlaceOf(column);
      sums[column].Add({dz_sums[place], product_sums[place]});
    }
  }
}

template <typename V, bool kSilu, typename T>
UNCLIP_INLINE void MapGradients(const GradientStrip<T>& strip, const float* slopes, const float* offsets, T* dx_row) {
  using Values = Row<V, T>;
  Values scale, shift, slope, offset;
  scale.Spread(strip.scales);
  shift.Spread(strip.shifts);
  slope.Spread(slopes);
  offset.Spread(offsets);
  const T *x_row = strip.x, *dy_row = strip.dy;
  for (int64_t row = 0; row < strip.rows; ++row, x_row += strip.stride, dy_row += strip.stride, dx_row += strip.stride) {
    Values x, dz;
    x.Load(x_row);
    dz.Load(dy_row);
    for (int64_t i = 0; i < Values::kCount; ++i) {
      Differentiate<V, kSilu>(x.vectors[i] * scale.vectors[i] + shift.vectors[i], dz.vectors[i]);
      dz.vectors[i] = dz.vectors[i] * scale.vectors[i] + (x.vectors[i] * slope.vectors[i] + offset.vectors[i]);
    }
    dz.Store(dx_row);
  }
}

// One version for each width of vectors that a processor may have; the widest is chosen when the process starts.
#define UNCLIP_DEFINE_VERSION(T, TARGET, V)                                                                                   \
  __attribute__((target(TARGET))) void Sums(const GradientStrip<T>& strip, const float* centers, GradientSums* sums) {        \
    strip.silu ? AddSums<V, true>(strip, centers, sums) : AddSums<V, false>(strip, centers, sums);                            \
  }                                                                                                                           \
  __attribute__((target(TARGET))) void Map(const GradientStrip<T>& strip, const float* slopes, const float* offsets, T* dx) { \
    strip.silu ? MapGradients<V, true>(strip, slopes, offsets, dx) : MapGradients<V, false>(strip, slopes, offsets, dx);      \
  }

#define UNCLIP_DEFINE_VERSIONS(T)                 \
  UNCLIP_DEFINE_VERSION(T, "avx512f", Vectors64)  \
  UNCLIP_DEFINE_VERSION(T, "avx2,fma", Vectors32) \
  UNCLIP_DEFINE_VERSION(T, "default", Vectors16)

UNCLIP_DEFINE_VERSIONS(float)
UNCLIP_DEFINE_VERSIONS(Bfloat16Bits)

}  // namespace

template <typename T>
void AddStripSums(const GradientStrip<T>& strip, const float* centers, GradientSums* sums) {
  Sums(strip, centers, sums);
}

template <typename T>
void StripGradients(const GradientStrip<T>& strip, const float* slopes, const float* offsets, T* dx) {
  Map(strip, slopes, offsets, dx);
}

template void AddStripSums(const GradientStrip<float>&, const float*, GradientSums*);
template void AddStripSums(const GradientStrip<Bfloat16Bits>&, const float*, GradientSums*);
template void StripGradients(const GradientStrip<float>&, const float*, const float*, float*);
template void StripGradients(const GradientStrip<Bfloat16Bits>&, const float*, const float*, Bfloat16Bits*);

}  // namespace unclip::model
