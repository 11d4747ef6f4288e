#include "model/weights/weight_conversion_kernel.h"

#include <c10/util/Half.h>

#include <algorithm>
#include <bit>
#include <type_traits>

// One clone for each width of vectors that a processor may have; the widest is chosen when the process starts.
#define UNCLIP_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define UNCLIP_INLINE inline __attribute__((always_inline))

namespace unclip::model {
namespace {

// The exponent's bits, which are all set in infinities and what is no number.
template <typename T>
constexpr uint32_t kExponent = 0x7F800000;
template <>
constexpr uint32_t kExponent<HalfBits> = 0x7C00;
template <>
constexpr uint32_t kExponent<BfloatBits> = 0x7F80;

template <typename T>
UNCLIP_INLINE uint32_t IsBad(T value) {
  return static_cast<uint32_t>((value.bits & kExponent<T>) == kExponent<T>);
}

UNCLIP_INLINE float Load(SingleBits value) { return std::bit_cast<float>(value.bits); }
UNCLIP_INLINE float Load(BfloatBits value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16); }
// Right for finite values only, subnormal ones among them: moves exponent and fraction, and makes up for the smaller bias by an
// exact product.
UNCLIP_INLINE float Load(HalfBits value) {
  const float magnitude = std::bit_cast<float>((value.bits & 0x7FFFU) << 13) * 0x1p112F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | (value.bits & 0x8000U) << 16);
}

UNCLIP_INLINE void Store(float value, SingleBits& to) { to.bits = std::bit_cast<uint32_t>(value); }
UNCLIP_INLINE void Store(float value, BfloatBits& to) {
  const auto bits = std::bit_cast<uint32_t>(value);
  to.bits = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
UNCLIP_INLINE void Store(float value, HalfBits& to) { to.bits = c10::Half(value).x; }

template <typename From, typename To>
UNCLIP_INLINE bool Convert(const From* from, int64_t count, To* to) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    const From value = from[i];
    To result;
    if constexpr (std::is_same_v<From, To>) {
      result = value;
    } else {
      Store(Load(value), result);
      bad |= IsBad(result);  // of large values, rounding can make infinities
    }
    bad |= IsBad(value);
    to[i] = result;
  }
  return bad == 0;
}

template <typename T>
UNCLIP_INLINE bool Check(const T* from, int64_t count) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) bad |= IsBad(from[i]);
  return bad == 0;
}

// `kPositions`: known when compiled, as loops with it become vector code; 0 if not.
template <int64_t kPositions, typename T>
UNCLIP_INLINE void TransposeBlocks(const T* from, int64_t inputs, int64_t any_positions, T* to) {
  const int64_t positions = kPositions > 0 ? kPositions : any_positions;
  constexpr int64_t kBlock = 64;  // so that it stays in the nearest cache
  for (int64_t first = 0; first < inputs; first += kBlock) {
    const int64_t end = std::min(first + kBlock, inputs);
    for (int64_t position = 0; position < positions; ++position) {
      for (int64_t i = first; i < end; ++i) to[position * inputs + i] = from[i * positions + position];
    }
  }
}

}  // namespace

// Clones can't be templates, so each is written out.
#define UNCLIP_DEFINE_CONVERSION(From, To)                                                     \
  template <>                                                                                  \
  UNCLIP_VECTOR_CLONES bool ConvertValues<From, To>(const From* from, int64_t count, To* to) { \
    return Convert(from, count, to);                                                           \
  }
#define UNCLIP_DEFINE_KERNELS(T)                                                                                        \
  UNCLIP_DEFINE_CONVERSION(T, SingleBits)                                                                               \
  UNCLIP_DEFINE_CONVERSION(T, HalfBits)                                                                                 \
  UNCLIP_DEFINE_CONVERSION(T, BfloatBits)                                                                               \
  template <>                                                                                                           \
  UNCLIP_VECTOR_CLONES bool AreFinite<T>(const T* from, int64_t count) {                                                \
    return Check(from, count);                                                                                          \
  }                                                                                                                     \
  template <>                                                                                                           \
  UNCLIP_VECTOR_CLONES void Transpose<T>(const T* from, int64_t inputs, int64_t positions, T* to) {                     \
    positions == 9 ? TransposeBlocks<9>(from, inputs, positions, to) : TransposeBlocks<0>(from, inputs, positions, to); \
  }

UNCLIP_DEFINE_KERNELS(SingleBits)
UNCLIP_DEFINE_KERNELS(HalfBits)
UNCLIP_DEFINE_KERNELS(BfloatBits)

}  // namespace unclip::model
