#include "model/nn/group_norm_forward.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/nn/bfloat16_bits.h"
#include "model/nn/group_norm_kernel.h"
#include "model/nn/modulation_rows.h"
#include "model/nn/row_parts.h"

namespace unclip::model {
namespace {

// Where the statistics go; null if nobody wants them.
struct Kept {
  float* scales = nullptr;
  float* shifts = nullptr;
  double* means = nullptr;
  double* inverse_deviations = nullptr;
  double* sums = nullptr;
};

Kept Keep(NormStatistics* statistics, int64_t samples, int64_t channels, int64_t groups) {
  if (statistics == nullptr) return {};
  statistics->maps = at::empty({2, samples, channels}, at::kFloat);
  statistics->groups = at::empty({2, samples, groups}, at::kDouble);
  statistics->sums = at::empty({samples, channels}, at::kDouble);
  float* const maps = statistics->maps.data_ptr<float>();
  double* const means = statistics->groups.data_ptr<double>();
  return {.scales = maps,
          .shifts = maps + samples * channels,
          .means = means,
          .inverse_deviations = means + samples * groups,
          .sums = statistics->sums.data_ptr<double>()};
}

// One call's work.
template <typename T>
struct Normalization {
  const T* x;
  T* y;
  const float* weight;
  const float* bias;
  ModulationRows add, scale, shift;
  bool silu;
  double epsilon;
  int64_t samples, channels, groups, positions;
  Kept kept;

  // [N, C, HW]: neighbouring groups of one sample are a part of the work.
  void RunPlanes() const;
  // [N, HW, C]: neighbouring positions of one sample are a part of the work.
  void RunRows() const;

  // Turns the moments of `count` channels from `first_channel` on, which are whole groups, into y = x × scale + shift for each.
  void MapsOf(int64_t sample, int64_t first_channel, int64_t count, const Moments* moments, float* scales, float* shifts) const;
};

template <typename T>
void Normalization<T>::RunPlanes() const {
  const int64_t group_size = channels / groups;
  const int64_t grain = std::max<int64_t>(1, kValuesPerThread / (group_size * positions));
  at::parallel_for(0, samples * groups, grain, [&](int64_t begin, int64_t end) {
    std::vector<Moments> moments(group_size);
    std::vector<float> scales(group_size), shifts(group_size);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t offset = i * group_size * positions;
      PlaneMoments(x + offset, group_size, positions, moments.data());
      MapsOf(i / groups, i % groups * group_size, group_size, moments.data(), scales.data(), shifts.data());
      MapPlanes(x + offset, scales.data(), shifts.data(), group_size, positions, silu, y + offset);
    }
  });
}

template <typename T>
void Normalization<T>::RunRows() const {
  const RowParts parts(positions, channels);
  std::vector<Moments> moments(samples * parts.count * channels);
  std::vector<float> scales(samples * channels), shifts(samples * channels);
  const int64_t grain = std::max<int64_t>(1, kValuesPerThread / std::max<int64_t>(1, std::min(parts.size, positions) * channels));
  const auto for_each_part = [&](auto function) {
    at::parallel_for(0, samples * parts.count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i % parts.count * parts.size;
        function(i, (i / parts.count * positions + first) * channels, std::min(parts.size, positions - first));
      }
    });
  };
  for_each_part([&](int64_t part, int64_t offset, int64_t count) {
    RowMoments(x + offset, channels, count, moments.data() + part * channels);
  });
  for (int64_t sample = 0; sample < samples; ++sample) {
    Moments* const total = moments.data() + sample * parts.count * channels;
    for (int64_t i = channels; i < parts.count * channels; ++i) total[i % channels].Add(total[i]);
    MapsOf(sample, 0, channels, total, scales.data() + sample * channels, shifts.data() + sample * channels);
  }
  for_each_part([&](int64_t part, int64_t offset, int64_t count) {
    const int64_t sample_offset = part / parts.count * channels;
    MapRows(x + offset, scales.data() + sample_offset, shifts.data() + sample_offset, channels, count, silu, y + offset);
  });
}

template <typename T>
void Normalization<T>::MapsOf(int64_t sample, int64_t first_channel, int64_t count, const Moments* moments, float* scales,
                              float* shifts) const {
  const int64_t group_size = channels / groups;
  const auto n = static_cast<double>(positions);
  for (int64_t begin = 0; begin < count; begin += group_size) {
    Moments group;
    for (int64_t i = begin; i < begin + group_size; ++i) {
      const double added = add.At(sample, first_channel + i);
      group.Add({moments[i].sum + n * added, moments[i].sum_of_squares + 2 * added * moments[i].sum + n * added * added});
    }
    const double size = n * static_cast<double>(group_size);
    const double mean = group.sum / size;
    const double deviation = std::sqrt(std::max(group.sum_of_squares / size - mean * mean, 0.0) + epsilon);
    for (int64_t i = begin; i < begin + group_size; ++i) {
      const int64_t channel = first_channel + i;
      const double gain = 1.0 + scale.At(sample, channel);
      const double slope = weight[channel] / deviation;
      scales[i] = static_cast<float>(slope * gain);
      shifts[i] =
          static_cast<float>((bias[channel] + (add.At(sample, channel) - mean) * slope) * gain + shift.At(sample, channel));
    }
    if (kept.sums == nullptr) continue;
    const int64_t offset = sample * channels + first_channel + begin;
    std::copy_n(scales + begin, group_size, kept.scales + offset);
    std::copy_n(shifts + begin, group_size, kept.shifts + offset);
    for (int64_t i = 0; i < group_size; ++i) kept.sums[offset + i] = moments[begin + i].sum;
    kept.means[offset / group_size] = mean;
    kept.inverse_deviations[offset / group_size] = 1.0 / deviation;
  }
}

}  // namespace

bool HasNormKernel(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

bool IsChannelsLast(const at::Tensor& x) {
  return x.dim() == 4 && !x.is_contiguous() && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor NormalizeForward(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                            const NormModulation& modulation, NormStatistics* statistics) {
  at::Tensor y = at::empty_like(x);
  const auto run = [&]<typename T>(const T* from, T* to) {
    const Normalization<T> work = {.x = from,
                                   .y = to,
                                   .weight = weight.const_data_ptr<float>(),
                                   .bias = bias.const_data_ptr<float>(),
                                   .add = ModulationRows(modulation.add),
                                   .scale = ModulationRows(modulation.scale),
                                   .shift = ModulationRows(modulation.shift),
                                   .silu = modulation.silu,
                                   .epsilon = epsilon,
                                   .samples = x.size(0),
                                   .channels = x.size(1),
                                   .groups = groups,
                                   .positions = x.numel() / std::max<int64_t>(1, x.size(0) * x.size(1)),
                                   .kept = Keep(statistics, x.size(0), x.size(1), groups)};
    IsChannelsLast(x) ? work.RunRows() : work.RunPlanes();
  };
  if (x.scalar_type() == at::kFloat) {
    run(x.const_data_ptr<float>(), y.data_ptr<float>());
  } else {
    run(static_cast<const Bfloat16Bits*>(x.const_data_ptr()), static_cast<Bfloat16Bits*>(y.data_ptr()));
  }
  return y;
}

}  // namespace unclip::model
