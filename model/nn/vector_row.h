// Kernels' arithmetic on vectors.
#ifndef UNCLIP_MODEL_NN_VECTOR_ROW_H_
#define UNCLIP_MODEL_NN_VECTOR_ROW_H_

#include <cstdint>
#include <cstring>

#include "model/nn/bfloat16_bits.h"

#define UNCLIP_INLINE inline __attribute__((always_inline))

namespace unclip::model {

// The values of type T (float or Bfloat16Bits) that a row of a strip of memory has: a line of the processor's caches.
template <typename T>
inline constexpr int64_t kStripWidth = 64 / static_cast<int64_t>(sizeof(T));

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

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_VECTOR_ROW_H_
