// Group normalization and what follows it, in two passes over memory. Free of LibTorch: plain pointers, one call for a part of
// the work.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_KERNEL_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_KERNEL_H_

#include <cstdint>

#include "model/nn/bfloat16_bits.h"

namespace unclip::model {

// Sums of one channel's values, or of a group's.
struct Moments {
  double sum = 0;
  double sum_of_squares = 0;

  void Add(const Moments& other) {
    sum += other.sum;
    sum_of_squares += other.sum_of_squares;
  }
};

// T is float or Bfloat16Bits. What a call computes depends on its arguments alone, so it is the same whoever shares the batch and
// on however many threads the calls are spread. Thread-safe.
//
// Of `channels` planes of `positions` values each (contiguous, [C, HW]), the moments of each plane.
template <typename T>
void PlaneMoments(const T* x, int64_t channels, int64_t positions, Moments* moments);

// Of `positions` rows of `channels` values each (channels-last, [HW, C]), the moments of each channel.
template <typename T>
void RowMoments(const T* x, int64_t channels, int64_t positions, Moments* moments);

// y = x × scale + shift, then SiLU if asked for: of each plane, or each of a row's values, by its own entry of `scales` and
// `shifts`.
template <typename T>
void MapPlanes(const T* x, const float* scales, const float* shifts, int64_t channels, int64_t positions, bool silu, T* y);
template <typename T>
void MapRows(const T* x, const float* scales, const float* shifts, int64_t channels, int64_t positions, bool silu, T* y);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_KERNEL_H_
