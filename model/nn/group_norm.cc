#include "model/nn/group_norm.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/nn/group_norm_autograd.h"
#include "model/nn/group_norm_kernel.h"

namespace unclip::model {
namespace {

// Values below which another thread costs more than it saves.
constexpr int64_t kValuesPerThread = 16384;
constexpr int64_t kMaxParts = 64;  // of a sample

// A tensor [N, C] of float32, or none: all zeros.
class Rows {
 public:
  explicit Rows(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.dim() == 2 && tensor.stride(1) == 1, "modulation is float32 [N, C]");
    data_ = tensor.const_data_ptr<float>();
    stride_ = tensor.stride(0);
  }
  float At(int64_t row, int64_t column) const { return data_ == nullptr ? 0.0F : data_[row * stride_ + column]; }

 private:
  const float* data_ = nullptr;
  int64_t stride_ = 0;
};

// One call's work.
template <typename T>
struct Normalization {
  const T* x;
  T* y;
  const float* weight;
  const float* bias;
  Rows add, scale, shift;
  bool silu;
  double epsilon;
  int64_t samples, channels, groups, positions;

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
  // The cut depends on the sample's size alone, so that the sums do.
  const int64_t part_size = std::max((positions + kMaxParts - 1) / kMaxParts, (kValuesPerThread + channels - 1) / channels);
  const int64_t parts = (positions + part_size - 1) / part_size;
  std::vector<Moments> moments(samples * parts * channels);
  std::vector<float> scales(samples * channels), shifts(samples * channels);
  const auto for_each_part = [&](auto function) {
    at::parallel_for(0, samples * parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i % parts * part_size;
        function(i, (i / parts * positions + first) * channels, std::min(part_size, positions - first));
      }
    });
  };
  for_each_part([&](int64_t part, int64_t offset, int64_t count) {
    RowMoments(x + offset, channels, count, moments.data() + part * channels);
  });
  for (int64_t sample = 0; sample < samples; ++sample) {
    Moments* const total = moments.data() + sample * parts * channels;
    for (int64_t i = channels; i < parts * channels; ++i) total[i % channels].Add(total[i]);
    MapsOf(sample, 0, channels, total, scales.data() + sample * channels, shifts.data() + sample * channels);
  }
  for_each_part([&](int64_t part, int64_t offset, int64_t count) {
    const int64_t sample_offset = part / parts * channels;
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
  }
}

// The same of LibTorch's operators, for devices and types that the kernel does not know. On a GPU theirs gives planes, whatever
// it is given, so that the convolution behind it brings them into its own order.
at::Tensor Compose(const at::Tensor& x, int64_t groups, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                   const NormModulation& modulation) {
  const auto expand = [](const at::Tensor& rows) { return rows.unsqueeze(-1).unsqueeze(-1); };  // [N, C, 1, 1]
  at::Tensor y = modulation.add.defined() ? x + expand(modulation.add).to(x.scalar_type()) : x;
  y = at::group_norm(y, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), epsilon);
  // In place, and in float32 until it is written.
  if (modulation.scale.defined()) at::addcmul_out(y, expand(modulation.shift), y, 1 + expand(modulation.scale));
  return modulation.silu ? at::silu_(y) : y;
}

}  // namespace

GroupNorm::GroupNorm(ParameterSource& source, const std::string& prefix, int64_t group_count, int64_t channels, double epsilon)
    : weight_(source.Get(prefix + ".weight", {channels})),
      bias_(source.Get(prefix + ".bias", {channels})),
      group_count_(group_count),
      epsilon_(epsilon) {
  if (!weight_.defined() || !bias_.defined() || !weight_.is_cpu()) return;
  weight_ = weight_.to(at::kFloat).contiguous();
  bias_ = bias_.to(at::kFloat).contiguous();
}

at::Tensor GroupNorm::operator()(const at::Tensor& x, const NormModulation& modulation) const {
  if (RecordsGradient(x, weight_, bias_, modulation)) {
    return DifferentiableGroupNorm(x, group_count_, weight_, bias_, epsilon_, modulation);
  }
  RECORD_FUNCTION("unclip::group_norm", {});  // for profilers; it is no operator of LibTorch
  const bool has_kernel = x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  if (!has_kernel) return Compose(x, group_count_, weight_, bias_, epsilon_, modulation);
  const bool channels_last = x.dim() == 4 && !x.is_contiguous() && x.is_contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor dense = channels_last ? x : x.contiguous();
  at::Tensor y = at::empty_like(dense);
  const auto run = [&]<typename T>(const T* from, T* to) {
    const Normalization<T> work = {.x = from,
                                   .y = to,
                                   .weight = weight_.const_data_ptr<float>(),
                                   .bias = bias_.const_data_ptr<float>(),
                                   .add = Rows(modulation.add),
                                   .scale = Rows(modulation.scale),
                                   .shift = Rows(modulation.shift),
                                   .silu = modulation.silu,
                                   .epsilon = epsilon_,
                                   .samples = x.size(0),
                                   .channels = x.size(1),
                                   .groups = group_count_,
                                   .positions = x.numel() / std::max<int64_t>(1, x.size(0) * x.size(1))};
    channels_last ? work.RunRows() : work.RunPlanes();
  };
  if (x.scalar_type() == at::kFloat) {
    run(dense.const_data_ptr<float>(), y.data_ptr<float>());
  } else {
    run(static_cast<const Bfloat16Bits*>(dense.const_data_ptr()), static_cast<Bfloat16Bits*>(y.data_ptr()));
  }
  return y;
}

}  // namespace unclip::model
