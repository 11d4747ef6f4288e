#include "model/nn/group_norm_kernel.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "model/nn/bfloat16_bits.h"
#include "model/nn/group_norm_silu_strip.h"
#include "model/nn/vector_row.h"

// One clone for each width of vectors that a processor may have; the widest is chosen when the process starts.
#define UNCLIP_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define UNCLIP_LAMBDA __attribute__((always_inline))

namespace unclip::model {
namespace {

// Values worked on at a time: one vector register of 512 bits.
constexpr int64_t kLanes = 16;

UNCLIP_INLINE float Load(float value) { return value; }
UNCLIP_INLINE float Load(Bfloat16Bits value) { return std::bit_cast<float>(static_cast<uint32_t>(value) << 16); }

template <typename T>
UNCLIP_INLINE T Store(float value);

template <>
UNCLIP_INLINE float Store<float>(float value) {
  return value;
}

// Rounds to nearest, halves to even. Not-a-numbers come out as such or as infinities; the sampler refuses both.
template <>
UNCLIP_INLINE Bfloat16Bits Store<Bfloat16Bits>(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<Bfloat16Bits>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// exp(x) to two units in the last place for -87 ≤ x ≤ 88, clamped beyond, without a branch or a table, so that it becomes vector
// code: x is split into k ln 2 + r, and exp(r) is a polynomial. Source of the coefficients: Cephes' expf.
UNCLIP_INLINE float Exp(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 × 2^23: adding and subtracting it rounds to an integer
  x = std::min(std::max(x, -87.0F), 88.0F);
  const float k = (x * 1.44269504088896341F + kRound) - kRound;
  const float r = (x - k * 0.693359375F) - k * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return p * std::bit_cast<float>((static_cast<int32_t>(k) + 127) << 23);
}

template <bool kSilu>
UNCLIP_INLINE float Map(float x, float scale, float shift) {
  const float y = x * scale + shift;
  return kSilu ? y / (1.0F + Exp(-y)) : y;
}

template <typename T>
UNCLIP_INLINE void PlaneMomentsOf(const T* x, int64_t channels, int64_t positions, Moments* moments) {
  for (int64_t channel = 0; channel < channels; ++channel, x += positions) {
    double sums[kLanes] = {};
    double squares[kLanes] = {};
    const int64_t whole = positions / kLanes * kLanes;
    for (int64_t i = 0; i < whole; i += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const double value = Load(x[i + lane]);
        sums[lane] += value;
        squares[lane] += value * value;
      }
    }
    Moments& total = moments[channel] = {};
    for (int64_t lane = 0; lane < kLanes; ++lane) total.Add({sums[lane], squares[lane]});
    for (int64_t i = whole; i < positions; ++i) {
      const double value = Load(x[i]);
      total.Add({value, value * value});
    }
  }
}

// The moments of up to kLanes neighbouring channels.
template <typename T>
UNCLIP_INLINE void LaneMoments(const T* x, int64_t stride, int64_t lanes, int64_t positions, Moments* moments) {
  double sums[kLanes] = {};
  double squares[kLanes] = {};
  for (int64_t i = 0; i < positions; ++i, x += stride) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const double value = Load(x[lane]);
      sums[lane] += value;
      squares[lane] += value * value;
    }
  }
  for (int64_t lane = 0; lane < lanes; ++lane) moments[lane] = {sums[lane], squares[lane]};
}

template <typename T>
UNCLIP_INLINE void RowMomentsOf(const T* x, int64_t channels, int64_t positions, Moments* moments) {
  int64_t first = 0;
  // The count of lanes as a constant, so that the sums stay in registers.
  for (; first + kLanes <= channels; first += kLanes) LaneMoments(x + first, channels, kLanes, positions, moments + first);
  if (first < channels) LaneMoments(x + first, channels, channels - first, positions, moments + first);
}

// y[i] = the map of x[i] by scale(i) and shift(i). SiLU in bfloat16 goes by way of a buffer of floats: the compiler makes vector
// code of three simple loops, but not of one that does it all.
template <bool kSilu, typename T, typename Scale, typename Shift>
UNCLIP_INLINE void MapValues(const T* x, int64_t count, Scale scale, Shift shift, T* y) {
  if constexpr (std::is_same_v<T, float> || !kSilu) {
    for (int64_t i = 0; i < count; ++i) y[i] = Store<T>(Map<kSilu>(Load(x[i]), scale(i), shift(i)));
  } else {
    constexpr int64_t kBlock = 64;
    float values[kBlock];
    for (int64_t first = 0; first < count; first += kBlock) {
      const int64_t size = std::min(kBlock, count - first);
      for (int64_t i = 0; i < size; ++i) values[i] = Load(x[first + i]);
      for (int64_t i = 0; i < size; ++i) values[i] = Map<kSilu>(values[i], scale(first + i), shift(first + i));
      for (int64_t i = 0; i < size; ++i) y[first + i] = Store<T>(values[i]);
    }
  }
}

template <bool kSilu, typename T>
UNCLIP_INLINE void MapPlanesTo(const T* x, const float* scales, const float* shifts, int64_t channels, int64_t positions, T* y) {
  // Whole rows of a strip go through SiLU by hand-written vectors.
  const int64_t rows = kSilu ? positions / kStripWidth<T> : 0;
  const int64_t whole = rows * kStripWidth<T>;
  for (int64_t channel = 0; channel < channels; ++channel, x += positions, y += positions) {
    const float scale = scales[channel];
    const float shift = shifts[channel];
    if (rows > 0) {
      float strip_scales[kStripWidth<T>], strip_shifts[kStripWidth<T>];
      std::fill_n(strip_scales, kStripWidth<T>, scale);
      std::fill_n(strip_shifts, kStripWidth<T>, shift);
      SiluStrip(x, rows, kStripWidth<T>, strip_scales, strip_shifts, y);
    }
    MapValues<kSilu>(
        x + whole, positions - whole, [scale](int64_t) UNCLIP_LAMBDA { return scale; },
        [shift](int64_t) UNCLIP_LAMBDA { return shift; }, y + whole);
  }
}

template <bool kSilu, typename T>
UNCLIP_INLINE void MapRowsTo(const T* x, const float* scales, const float* shifts, int64_t channels, int64_t positions, T* y) {
  if (kSilu && channels >= kStripWidth<T>) {
    for (int64_t begin = 0; begin < channels; begin += kStripWidth<T>) {
      const int64_t first = std::min(begin, channels - kStripWidth<T>);  // the last strip may do again what the one before it did
      SiluStrip(x + first, positions, channels, scales + first, shifts + first, y + first);
    }
    return;
  }
  for (int64_t i = 0; i < positions; ++i, x += channels, y += channels) {
    MapValues<kSilu>(
        x, channels, [scales](int64_t c) UNCLIP_LAMBDA { return scales[c]; },
        [shifts](int64_t c) UNCLIP_LAMBDA { return shifts[c]; }, y);
  }
}

}  // namespace

// Clones can't be templates, so each is written out for both types.
#define UNCLIP_DEFINE_KERNELS(T)                                                                                 \
  template <>                                                                                                    \
  UNCLIP_VECTOR_CLONES void PlaneMoments<T>(const T* x, int64_t channels, int64_t positions, Moments* moments) { \
    PlaneMomentsOf(x, channels, positions, moments);                                                             \
  }                                                                                                              \
  template <>                                                                                                    \
  UNCLIP_VECTOR_CLONES void RowMoments<T>(const T* x, int64_t channels, int64_t positions, Moments* moments) {   \
    RowMomentsOf(x, channels, positions, moments);                                                               \
  }                                                                                                              \
  template <>                                                                                                    \
  UNCLIP_VECTOR_CLONES void MapPlanes<T>(const T* x, const float* scales, const float* shifts, int64_t channels, \
                                         int64_t positions, bool silu, T* y) {                                   \
    silu ? MapPlanesTo<true>(x, scales, shifts, channels, positions, y)                                          \
         : MapPlanesTo<false>(x, scales, shifts, channels, positions, y);                                        \
  }                                                                                                              \
  template <>                                                                                                    \
  UNCLIP_VECTOR_CLONES void MapRows<T>(const T* x, const float* scales, const float* shifts, int64_t channels,   \
                                       int64_t positions, bool silu, T* y) {                                     \
    silu ? MapRowsTo<true>(x, scales, shifts, channels, positions, y)                                            \
         : MapRowsTo<false>(x, scales, shifts, channels, positions, y);                                          \
  }

UNCLIP_DEFINE_KERNELS(float)
UNCLIP_DEFINE_KERNELS(Bfloat16Bits)

}  // namespace unclip::model
