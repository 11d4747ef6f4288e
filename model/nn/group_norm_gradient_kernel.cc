#include "model/nn/group_norm_gradient_kernel.h"

#include <algorithm>

#include "model/nn/bfloat16_bits.h"
#include "model/nn/vector_row.h"

namespace unclip::model {
namespace {

constexpr int64_t kPaddedRows = 32;  // at a time

// A channel's number in each column of a strip.
template <typename T>
struct Uniform {
  explicit Uniform(float value) { std::fill_n(columns, kStripWidth<T>, value); }
  float columns[kStripWidth<T>];
};

// The numbers of fewer channels than a strip has columns, and zeros.
template <typename T>
struct Padded {
  Padded(const float* values, int64_t channels) { std::copy_n(values, channels, columns); }
  float columns[kStripWidth<T>] = {};
};

template <typename T>
GradientStrip<T> StripOf(const T* x, const T* dy, int64_t rows, int64_t stride, const float* scales, const float* shifts,
                         bool silu) {
  return {.x = x, .dy = dy, .rows = rows, .stride = stride, .scales = scales, .shifts = shifts, .silu = silu};
}

// Up to kRows rows of `width` values as a strip of their own, whose other columns are zeros, as are their gradients.
template <typename T, int64_t kRows>
struct PaddedRows {
  PaddedRows(const T* x_row, const T* dy_row, int64_t width, int64_t row_count) : rows(row_count) {
    for (int64_t i = 0; i < rows; ++i, x_row += width, dy_row += width) {
      std::copy_n(x_row, width, x + i * kStripWidth<T>);
      std::copy_n(dy_row, width, dy + i * kStripWidth<T>);
    }
  }
  GradientStrip<T> Strip(const float* scales, const float* shifts, bool silu) const {
    return StripOf(x, dy, rows, kStripWidth<T>, scales, shifts, silu);
  }

  int64_t rows;
  T x[kRows * kStripWidth<T>] = {};
  T dy[kRows * kStripWidth<T>] = {};
};

// Calls function(strip, first channel) for strips that cover all channels. Where these are no multiple of a strip's columns, the
// last strip begins before the end of the one before it, and what they share is computed twice, with the same result.
template <typename T, typename Function>
void ForEachStrip(const T* x, const T* dy, const ChannelMaps& maps, int64_t channels, int64_t positions, Function function) {
  for (int64_t begin = 0; begin < channels; begin += kStripWidth<T>) {
    const int64_t first = std::min(begin, channels - kStripWidth<T>);
    function(StripOf(x + first, dy + first, positions, channels, maps.scales + first, maps.shifts + first, maps.silu), first);
  }
}

// Calls function(rows, first position) for all positions, of fewer channels than a strip has columns.
template <typename T, typename Function>
void ForEachPaddedRows(const T* x, const T* dy, int64_t channels, int64_t positions, Function function) {
  for (int64_t i = 0; i < positions; i += kPaddedRows) {
    const int64_t count = std::min(kPaddedRows, positions - i);
    function(PaddedRows<T, kPaddedRows>(x + i * channels, dy + i * channels, channels, count), i);
  }
}

}  // namespace

template <typename T>
void RowGradientSums(const T* x, const T* dy, const ChannelMaps& maps, const float* centers, int64_t channels, int64_t positions,
                     GradientSums* sums) {
  if (channels >= kStripWidth<T>) {
    ForEachStrip(x, dy, maps, channels, positions, [&](const GradientStrip<T>& strip, int64_t first) {
      std::fill_n(sums + first, kStripWidth<T>, GradientSums());
      AddStripSums(strip, centers + first, sums + first);
    });
    return;
  }
  const Padded<T> scale(maps.scales, channels), shift(maps.shifts, channels), center(centers, channels);
  GradientSums columns[kStripWidth<T>];
  ForEachPaddedRows(x, dy, channels, positions, [&](const PaddedRows<T, kPaddedRows>& rows, int64_t) {
    AddStripSums(rows.Strip(scale.columns, shift.columns, maps.silu), center.columns, columns);
  });
  std::copy_n(columns, channels, sums);
}

template <typename T>
void RowGradients(const T* x, const T* dy, const ChannelMaps& maps, const float* slopes, const float* offsets, int64_t channels,
                  int64_t positions, T* dx) {
  if (channels >= kStripWidth<T>) {
    ForEachStrip(x, dy, maps, channels, positions, [&](const GradientStrip<T>& strip, int64_t first) {
      StripGradients(strip, slopes + first, offsets + first, dx + first);
    });
    return;
  }
  const Padded<T> scale(maps.scales, channels), shift(maps.shifts, channels), slope(slopes, channels), offset(offsets, channels);
  T padded[kPaddedRows * kStripWidth<T>];
  ForEachPaddedRows(x, dy, channels, positions, [&](const PaddedRows<T, kPaddedRows>& rows, int64_t first) {
    StripGradients(rows.Strip(scale.columns, shift.columns, maps.silu), slope.columns, offset.columns, padded);
    for (int64_t i = 0; i < rows.rows; ++i) std::copy_n(padded + i * kStripWidth<T>, channels, dx + (first + i) * channels);
  });
}

template <typename T>
void PlaneGradientSums(const T* x, const T* dy, const ChannelMaps& maps, const float* centers, int64_t channels,
                       int64_t positions, GradientSums* sums) {
  const int64_t rows = positions / kStripWidth<T>, whole = rows * kStripWidth<T>;
  for (int64_t c = 0; c < channels; ++c, x += positions, dy += positions) {
    const Uniform<T> scale(maps.scales[c]), shift(maps.shifts[c]), center(centers[c]);
    GradientSums columns[kStripWidth<T>];
    AddStripSums(StripOf(x, dy, rows, kStripWidth<T>, scale.columns, shift.columns, maps.silu), center.columns, columns);
    if (whole < positions) {
      const PaddedRows<T, 1> rest(x + whole, dy + whole, positions - whole, 1);
      AddStripSums(rest.Strip(scale.columns, shift.columns, maps.silu), center.columns, columns);
    }
    sums[c] = {};
    for (const GradientSums& column : columns) sums[c].Add(column);
  }
}

template <typename T>
void PlaneGradients(const T* x, const T* dy, const ChannelMaps& maps, const float* slopes, const float* offsets, int64_t channels,
                    int64_t positions, T* dx) {
  const int64_t rows = positions / kStripWidth<T>, whole = rows * kStripWidth<T>;
  for (int64_t c = 0; c < channels; ++c, x += positions, dy += positions, dx += positions) {
    const Uniform<T> scale(maps.scales[c]), shift(maps.shifts[c]), slope(slopes[c]), offset(offsets[c]);
    StripGradients(StripOf(x, dy, rows, kStripWidth<T>, scale.columns, shift.columns, maps.silu), slope.columns, offset.columns,
                   dx);
    if (whole == positions) continue;
    const PaddedRows<T, 1> rest(x + whole, dy + whole, positions - whole, 1);
    T padded[kStripWidth<T>];
    StripGradients(rest.Strip(scale.columns, shift.columns, maps.silu), slope.columns, offset.columns, padded);
    std::copy_n(padded, positions - whole, dx + whole);
  }
}

#define UNCLIP_INSTANTIATE(T)                                                                                             \
  template void PlaneGradientSums(const T*, const T*, const ChannelMaps&, const float*, int64_t, int64_t, GradientSums*); \
  template void RowGradientSums(const T*, const T*, const ChannelMaps&, const float*, int64_t, int64_t, GradientSums*);   \
  template void PlaneGradients(const T*, const T*, const ChannelMaps&, const float*, const float*, int64_t, int64_t, T*); \
  template void RowGradients(const T*, const T*, const ChannelMaps&, const float*, const float*, int64_t, int64_t, T*);

UNCLIP_INSTANTIATE(float)
UNCLIP_INSTANTIATE(Bfloat16Bits)

}  // namespace unclip::model
