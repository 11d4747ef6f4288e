#include "model/nn/group_norm_backward.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/nn/bfloat16_bits.h"
#include "model/nn/group_norm_gradient_kernel.h"
#include "model/nn/group_norm_gradient_strip.h"
#include "model/nn/modulation_rows.h"
#include "model/nn/row_parts.h"

namespace unclip::model {
namespace {

// Of one channel of one sample, over its positions. The forward pass was u = (x - center) / deviation, where the center is the
// group's mean less `add`, and z = (u × weight + bias) × (1 + scale) + shift.
struct ChannelGradients {
  double dz = 0;          // the sum of dz
  double dz_times_u = 0;  // the sum of dz × u
};

// One call's work.
template <typename T>
struct Differentiation {
  const T* x;
  const T* dy;
  T* dx;  // null if nobody wants it
  const float* weight;
  ModulationRows add, scale;
  const float *scales, *shifts;              // [N, C] of NormStatistics, as are the next two lines
  const double *means, *inverse_deviations;  // [N, G]
  const double* sums;                        // [N, C]
  ChannelGradients* channel_gradients;       // [N, C], to be filled in
  float* d_add;                              // [N, C], likewise; null if there is no `add`
  bool silu, channels_last;
  int64_t samples, channels, groups, positions;

  void Run() const;
  // The first pass over memory, for the sums of all channels; then what follows from them; and the second pass, for dx.
  void RunSample(int64_t sample) const;
  void AddUp(int64_t sample, const float* centers, GradientSums* totals) const;
  void CoefficientsOf(int64_t sample, float* slopes, float* offsets) const;
  void Map(int64_t sample, const float* slopes, const float* offsets) const;

  int64_t group_size() const { return channels / groups; }
  ChannelMaps MapsOf(int64_t sample) const {
    return {.scales = scales + sample * channels, .shifts = shifts + sample * channels, .silu = silu};
  }
  double CenterOf(int64_t sample, int64_t channel) const {
    return means[sample * groups + channel / group_size()] - add.At(sample, channel);
  }
};

template <typename T>
void Differentiation<T>::Run() const {
  const int64_t threads = at::get_num_threads();
  if (samples % threads == 0 || samples >= 4 * threads) {
    // Whole samples: what the first pass read is still in the cache for the second.
    const int64_t grain = std::max<int64_t>(1, kValuesPerThread / std::max<int64_t>(1, channels * positions));
    at::parallel_for(0, samples, grain, [&](int64_t begin, int64_t end) {
      for (int64_t sample = begin; sample < end; ++sample) RunSample(sample);
    });
  } else {
    for (int64_t sample = 0; sample < samples; ++sample) RunSample(sample);
  }
}

template <typename T>
void Differentiation<T>::RunSample(int64_t sample) const {
  std::vector<float> centers(channels);
  std::vector<GradientSums> totals(channels);
  for (int64_t c = 0; c < channels; ++c) centers[c] = static_cast<float>(CenterOf(sample, c));
  AddUp(sample, centers.data(), totals.data());
  for (int64_t c = 0; c < channels; ++c) {
    const double rounded_off = centers[c] - CenterOf(sample, c);
    channel_gradients[sample * channels + c] = {.dz = totals[c].dz,
                                                .dz_times_u = (totals[c].dz_times_x + rounded_off * totals[c].dz) *
                                                              inverse_deviations[sample * groups + c / group_size()]};
  }
  std::vector<float> slopes(channels), offsets(channels);
  CoefficientsOf(sample, slopes.data(), offsets.data());
  if (dx != nullptr) Map(sample, slopes.data(), offsets.data());
}

template <typename T>
void Differentiation<T>::AddUp(int64_t sample, const float* centers, GradientSums* totals) const {
  const ChannelMaps maps = MapsOf(sample);
  const T* const sample_x = x + sample * channels * positions;
  const T* const sample_dy = dy + sample * channels * positions;
  if (channels_last) {
    const RowParts parts(positions, channels);
    std::vector<GradientSums> sums_of_parts(parts.count * channels);
    at::parallel_for(0, parts.count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i * parts.size;
        RowGradientSums(sample_x + first * channels, sample_dy + first * channels, maps, centers, channels,
                        std::min(parts.size, positions - first), sums_of_parts.data() + i * channels);
      }
    });
    for (int64_t i = 0; i < parts.count * channels; ++i) totals[i % channels].Add(sums_of_parts[i]);
  } else {
    at::parallel_for(0, channels, std::max<int64_t>(1, kValuesPerThread / positions), [&](int64_t begin, int64_t end) {
      const ChannelMaps own_maps = {.scales = maps.scales + begin, .shifts = maps.shifts + begin, .silu = silu};
      PlaneGradientSums(sample_x + begin * positions, sample_dy + begin * positions, own_maps, centers + begin, end - begin,
                        positions, totals + begin);
    });
  }
}

// With v = dz × weight × (1 + scale), the gradient of u, dx = (v - mean(v) - u × mean(v u)) / deviation: means over the group.
template <typename T>
void Differentiation<T>::CoefficientsOf(int64_t sample, float* slopes, float* offsets) const {
  const auto n = static_cast<double>(positions);
  for (int64_t group = 0; group < groups; ++group) {
    const double inverse_deviation = inverse_deviations[sample * groups + group];
    double mean_v = 0, mean_vu = 0;
    for (int64_t c = group * group_size(); c < (group + 1) * group_size(); ++c) {
      const double gain = weight[c] * (1.0 + scale.At(sample, c));
      mean_v += gain * channel_gradients[sample * channels + c].dz / (n * static_cast<double>(group_size()));
      mean_vu += gain * channel_gradients[sample * channels + c].dz_times_u / (n * static_cast<double>(group_size()));
    }
    const double slope = -mean_vu * inverse_deviation * inverse_deviation;
    for (int64_t c = group * group_size(); c < (group + 1) * group_size(); ++c) {
      const double offset = -mean_v * inverse_deviation - slope * CenterOf(sample, c);
      slopes[c] = static_cast<float>(slope);
      offsets[c] = static_cast<float>(offset);
      if (d_add == nullptr) continue;
      const double gain = weight[c] * (1.0 + scale.At(sample, c)) * inverse_deviation;
      const int64_t i = sample * channels + c;
      d_add[i] = static_cast<float>(gain * channel_gradients[i].dz + slope * sums[i] + offset * n);
    }
  }
}

template <typename T>
void Differentiation<T>::Map(int64_t sample, const float* slopes, const float* offsets) const {
  const ChannelMaps maps = MapsOf(sample);
  const int64_t sample_offset = sample * channels * positions;
  if (channels_last) {
    const RowParts parts(positions, channels);
    at::parallel_for(0, parts.count, 1, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * parts.size;
      const int64_t offset = sample_offset + first * channels;
      RowGradients(x + offset, dy + offset, maps, slopes, offsets, channels, std::min(end * parts.size, positions) - first,
                   dx + offset);
    });
  } else {
    at::parallel_for(0, channels, std::max<int64_t>(1, kValuesPerThread / positions), [&](int64_t begin, int64_t end) {
      const ChannelMaps own_maps = {.scales = maps.scales + begin, .shifts = maps.shifts + begin, .silu = silu};
      const int64_t offset = sample_offset + begin * positions;
      PlaneGradients(x + offset, dy + offset, own_maps, slopes + begin, offsets + begin, end - begin, positions, dx + offset);
    });
  }
}

// The gradients of what has a value for each channel, or for each channel of each sample.
void FillRows(const std::vector<ChannelGradients>& channel_gradients, const at::Tensor& weight, const at::Tensor& bias,
              const ModulationRows& scale, int64_t samples, NormGradients& gradients) {
  const int64_t channels = weight.size(0);
  const float *const weights = weight.const_data_ptr<float>(), *const biases = bias.const_data_ptr<float>();
  std::vector<ChannelGradients> sums(channels);
  gradients.shift = at::empty({samples, channels}, at::kFloat);
  gradients.scale = at::empty({samples, channels}, at::kFloat);
  float *const d_shift = gradients.shift.data_ptr<float>(), *const d_scale = gradients.scale.data_ptr<float>();
  for (int64_t i = 0; i < samples * channels; ++i) {
    const int64_t c = i % channels;
    const auto [dz, dz_times_u] = channel_gradients[i];
    d_shift[i] = static_cast<float>(dz);
    d_scale[i] = static_cast<float>(dz_times_u * weights[c] + dz * biases[c]);
    const double gain = 1.0 + scale.At(i / channels, c);
    sums[c].dz += dz * gain;
    sums[c].dz_times_u += dz_times_u * gain;
  }
  gradients.weight = at::empty({channels}, at::kFloat);
  gradients.bias = at::empty({channels}, at::kFloat);
  float *const d_weight = gradients.weight.data_ptr<float>(), *const d_bias = gradients.bias.data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    d_weight[c] = static_cast<float>(sums[c].dz_times_u);
    d_bias[c] = static_cast<float>(sums[c].dz);
  }
}

}  // namespace

NormGradients NormalizeBackward(const at::Tensor& dy, const at::Tensor& x, const NormStatistics& statistics,
                                const at::Tensor& weight, const at::Tensor& bias, const NormModulation& modulation,
                                bool wants_x) {
  const int64_t samples = x.size(0), channels = x.size(1), groups = statistics.groups.size(2);
  NormGradients gradients;
  if (wants_x) gradients.x = at::empty_like(x);
  if (modulation.add.defined()) gradients.add = at::empty({samples, channels}, at::kFloat);
  std::vector<ChannelGradients> channel_gradients(samples * channels);
  const float* const maps = statistics.maps.const_data_ptr<float>();
  const double* const means = statistics.groups.const_data_ptr<double>();
  const auto run = [&]<typename T>(const T* x_data, const T* dy_data, T* dx) {
    const Differentiation<T> work = {.x = x_data,
                                     .dy = dy_data,
                                     .dx = dx,
                                     .weight = weight.const_data_ptr<float>(),
                                     .add = ModulationRows(modulation.add),
                                     .scale = ModulationRows(modulation.scale),
                                     .scales = maps,
                                     .shifts = maps + samples * channels,
                                     .means = means,
                                     .inverse_deviations = means + samples * groups,
                                     .sums = statistics.sums.const_data_ptr<double>(),
                                     .channel_gradients = channel_gradients.data(),
                                     .d_add = modulation.add.defined() ? gradients.add.data_ptr<float>() : nullptr,
                                     .silu = modulation.silu,
                                     .channels_last = IsChannelsLast(x),
                                     .samples = samples,
                                     .channels = channels,
                                     .groups = groups,
                                     .positions = x.numel() / std::max<int64_t>(1, samples * channels)};
    work.Run();
  };
  void* const dx = wants_x ? gradients.x.mutable_data_ptr() : nullptr;
  if (x.scalar_type() == at::kFloat) {
    run(x.const_data_ptr<float>(), dy.const_data_ptr<float>(), static_cast<float*>(dx));
  } else {
    run(static_cast<const Bfloat16Bits*>(x.const_data_ptr()), static_cast<const Bfloat16Bits*>(dy.const_data_ptr()),
        static_cast<Bfloat16Bits*>(dx));
  }
  FillRows(channel_gradients, weight, bias, ModulationRows(modulation.scale), samples, gradients);
  return gradients;
}

}  // namespace unclip::model
