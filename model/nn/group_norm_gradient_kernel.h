// The gradients of group normalization and what follows it, in two passes over memory. Free of LibTorch: plain pointers, one call
// for a part of the work.
#ifndef UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_KERNEL_H_
#define UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_KERNEL_H_

#include <cstdint>

#include "model/nn/group_norm_gradient_strip.h"

namespace unclip::model {

// What the forward pass did with each channel: z = x × scale + shift, then y = SiLU(z), or z if not `silu`.
struct ChannelMaps {
  const float* scales;
  const float* shifts;
  bool silu;
};

// T is float or Bfloat16Bits. Planes are [C, HW] and rows [HW, C], as in group_norm_kernel.h. What a call computes depends on its
// arguments alone. Thread-safe.
//
// The sums of each channel, x being taken as its distance from the channel's entry of `centers`.
template <typename T>
void PlaneGradientSums(const T* x, const T* dy, const ChannelMaps& maps, const float* centers, int64_t channels,
                       int64_t positions, GradientSums* sums);
template <typename T>
void RowGradientSums(const T* x, const T* dy, const ChannelMaps& maps, const float* centers, int64_t channels, int64_t positions,
                     GradientSums* sums);

// dx = dz × scale + x × slope + offset, by each channel's entries.
template <typename T>
void PlaneGradients(const T* x, const T* dy, const ChannelMaps& maps, const float* slopes, const float* offsets, int64_t channels,
                    int64_t positions, T* dx);
template <typename T>
void RowGradients(const T* x, const T* dy, const ChannelMaps& maps, const float* slopes, const float* offsets, int64_t channels,
                  int64_t positions, T* dx);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_GROUP_NORM_GRADIENT_KERNEL_H_
