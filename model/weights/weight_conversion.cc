#include "model/weights/weight_conversion.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "model/weights/weight_conversion_kernel.h"

namespace unclip::model {
namespace {

constexpr int64_t kGrain = 1 << 16;  // values, below which another thread costs more than it saves

// Calls `function` with the C++ type of `dtype`'s values.
template <typename Function>
auto WithType(Dtype dtype, Function function) {
  switch (dtype) {
    case Dtype::kF16:
      return function(HalfBits());
    case Dtype::kBF16:
      return function(BfloatBits());
    default:
      return function(SingleBits());
  }
}

template <typename From, typename To>
bool Convert(const WeightValues& values, To* to) {
  std::atomic<bool> finite = true;
  const auto* const from = reinterpret_cast<const From*>(values.data);
  const int64_t row = values.inputs * values.positions;
  if (values.positions == 1) {
    at::parallel_for(0, values.outputs * row, kGrain, [&](int64_t begin, int64_t end) {
      if (!ConvertValues(from + begin, end - begin, to + begin)) finite = false;
    });
    return finite;
  }
  at::parallel_for(0, values.outputs, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, row)), [&](int64_t begin, int64_t end) {
    std::vector<To> converted(row);
    for (int64_t i = begin; i < end; ++i) {
      if (!ConvertValues(from + i * row, row, converted.data())) finite = false;
      Transpose(converted.data(), values.inputs, values.positions, to + i * row);
    }
  });
  return finite;
}

}  // namespace

bool ConvertWeights(const WeightValues& values, Dtype dtype, void* to) {
  return WithType(values.dtype, [&]<typename From>(From) {
    return WithType(dtype, [&]<typename To>(To) { return Convert<From>(values, static_cast<To*>(to)); });
  });
}

bool AllFinite(const WeightValues& values) {
  return WithType(values.dtype, [&]<typename From>(From) {
    std::atomic<bool> finite = true;
    const auto* const from = reinterpret_cast<const From*>(values.data);
    at::parallel_for(0, values.outputs * values.inputs * values.positions, kGrain, [&](int64_t begin, int64_t end) {
      if (!AreFinite(from + begin, end - begin)) finite = false;
    });
    return finite.load();
  });
}

}  // namespace unclip::model
