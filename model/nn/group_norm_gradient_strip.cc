#include "model/nn/group_norm_gradient_strip.h"

#include <algorithm>
#include <cstring>

#define UNCLIP_INLINE inline __attribute__((always_inline))

namespace unclip::model {
namespace {

// Rows whose values are added up as floats before they go to sums of doubles.
constexpr int64_t kRun = 256;

// The compiler makes no good vector code of a loop that holds an exponential and sums, so these are vectors in so many words, as
// wide as the processor's registers. They go by reference: how they are passed by value differs between processors.
#define UNCLIP_DEFINE_VECTORS(BYTES)                                  \
  struct Vectors##BYTES {                                             \
    using Floats = float __attribute__((vector_size(BYTES)));         \
    using Integers = int32_t __attribute__((vector_size(BYTES)));     \
    using Bits = uint32_t __attribute__((vector_size(BYTES)));        \
    static constexpr int64_t kWidth = BYTES / int64_t{sizeof(float)}; \
  }

UNCLIP_DEFINE_VECTORS(64);
UNCLIP_DEFINE_VECTORS(32);
UNCLIP_DEFINE_VECTORS(16);

// A row of a strip in registers. Two neighbouring values of bfloat16 are 32 bits, whose halves become floats by a shift and by a
// mask: the even columns fill vectors of their own, and so do the odd ones.
template <typename V, typename T>
struct Row {
  static constexpr int64_t kCount = kStripWidth<T> / V::kWidth;
  typename V::Floats vectors[kCount] = {};

  UNCLIP_INLINE void Load(const float* from) {
    for (int64_t i = 0; i < kCount; ++i) std::memcpy(&vectors[i], from + i * V::kWidth, sizeof(vectors[i]));
  }
  UNCLIP_INLINE void Load(const Bfloat16Bits* from) {
    for (int64_t i = 0; i < kCount; i += 2) {
      typename V::Bits bits;
      std::memcpy(&bits, from + i * V::kWidth, sizeof(bits));
      vectors[i] = reinterpret_cast<typename V::Floats>(bits << 16);
      vectors[i + 1] = reinterpret_cast<typename V::Floats>(bits & 0xFFFF0000U);
    }
  }

  UNCLIP_INLINE void Store(float* to) const {
    for (int64_t i = 0; i < kCount; ++i) std::memcpy(to + i * V::kWidth, &vectors[i], sizeof(vectors[i]));
  }
  UNCLIP_INLINE void Store(Bfloat16Bits* to) const {
    for (int64_t i = 0; i < kCount; i += 2) {
      auto even = reinterpret_cast<typename V::Bits>(vectors[i]);
      auto odd = reinterpret_cast<typename V::Bits>(vectors[i + 1]);
      even += (even >> 16 & 1) + 0x7FFF;  // rounds to nearest, halves to even
      odd += (odd >> 16 & 1) + 0x7FFF;
      const typename V::Bits bits = even >> 16 | (odd & 0xFFFF0000U);
      std::memcpy(to + i * V::kWidth, &bits, sizeof(bits));
    }
  }

  // Where the vectors, one behind the other, have a column.
  static constexpr int64_t PlaceOf(int64_t column) {
    if constexpr (sizeof(T) == sizeof(float)) return column;
    const int64_t in_pair = column % (2 * V::kWidth);
    return column - in_pair + in_pair % 2 * V::kWidth + in_pair / 2;
  }

  // A value for each column.
  UNCLIP_INLINE void Spread(const float* columns) {
    float places[kStripWidth<T>];
    for (int64_t column = 0; column < kStripWidth<T>; ++column) places[PlaceOf(column)] = columns[column];
    std::memcpy(vectors, places, sizeof(vectors));
  }
};

// y = exp(x): Exp() of group_norm_kernel.cc.
template <typename V>
UNCLIP_INLINE void Exp(const typename V::Floats& x, typename V::Floats& y) {
  using Floats = typename V::Floats;
  constexpr float kRound = 12582912.0F;
  const Floats least = Floats{} - 87.0F, most = Floats{} + 88.0F;
  Floats clamped = x < least ? least : x;
  clamped = most < clamped ? most : clamped;
  const Floats k = (clamped * 1.44269504088896341F + kRound) - kRound;
  const Floats r = (clamped - k * 0.693359375F) - k * -2.12194440e-4F;
  Floats p = Floats{} + 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  y = p * reinterpret_cast<Floats>((__builtin_convertvector(k, typename V::Integers) + 127) << 23);
}

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
