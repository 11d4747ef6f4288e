#include "tools/random_weights.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace unclip {
namespace {

constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;

// SplitMix64 (Steele, Lea, Flood 2014): a counter, and a bijection that scatters it.
uint64_t Scatter(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

// FNV-1a, so that files do not change with the standard library's hash.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

// The x with Φ(x) = p, by bisection, to float precision.
double NormalQuantile(double p) {
  double low = -8, high = 8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Quantiles at the middles of `Size` equal parts, scaled to deviation 1.
template <size_t Size>
const std::array<float, Size>& StandardNormalTable() {
  static const std::array<float, Size>* const table = [] {
    auto* const values = new std::array<float, Size>();
    double square_sum = 0;
    for (size_t i = 0; i < Size; ++i) {
      const double value = NormalQuantile((static_cast<double>(i) + 0.5) / Size);
      (*values)[i] = static_cast<float>(value);
      square_sum += value * value;
    }
    for (float& value : *values) value /= static_cast<float>(std::sqrt(square_sum / Size));
    return values;
  }();
  return *table;
}

template <typename T, size_t Size>
void MakeTable(const WeightDistribution& distribution, std::vector<std::byte>& table) {
  table.resize(Size * sizeof(T));
  for (size_t i = 0; i < Size; ++i) {
    const T value = static_cast<T>(distribution.mean + distribution.deviation * StandardNormalTable<Size>()[i]);
    std::memcpy(table.data() + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

WeightDistribution DistributionOf(const model::TensorSpec& spec) {
  const absl::string_view name = spec.name;
  const size_t rank = spec.shape.size();
  if (absl::EndsWith(name, ".bias") || name == "clip_mean") return {};
  if (name == "clip_std" || (rank == 1 && absl::EndsWith(name, ".weight"))) return {.mean = 1};
  // Rank 4: a convolution's [out, in, h, w]. Else the last dimension is what is summed over, or an embedding's width.
  int64_t inputs = rank == 0 ? 1 : spec.shape.back();
  if (rank == 4) inputs = std::accumulate(spec.shape.begin() + 1, spec.shape.end(), int64_t{1}, std::multiplies<>());
  return {.deviation = inputs > 0 ? static_cast<float>(1 / std::sqrt(static_cast<double>(inputs))) : 0};
}

RandomWeights::RandomWeights(const model::TensorSpec& spec, model::Dtype dtype, uint64_t seed)
    : value_size_(model::DtypeSize(dtype)), state_(Scatter(seed + kGoldenRatio) ^ HashOf(spec.name)) {
  const WeightDistribution distribution = DistributionOf(spec);
  if (dtype == model::Dtype::kF16) {
    MakeTable<c10::Half, kTableSize>(distribution, table_);
  } else if (dtype == model::Dtype::kBF16) {
    MakeTable<c10::BFloat16, kTableSize>(distribution, table_);
  } else {
    MakeTable<float, kTableSize>(distribution, table_);
  }
}

template <typename T>
void RandomWeights::FillFromTable(absl::Span<std::byte> bytes) {
  constexpr int kIndexBits = 12;
  constexpr int kValuesPerDraw = 64 / kIndexBits;
  static_assert(kTableSize == size_t{1} << kIndexBits);
  std::array<T, kTableSize> table;
  std::memcpy(table.data(), table_.data(), table_.size());
  const size_t count = bytes.size() / sizeof(T);
  // In locals, since the bytes written could be members as far as the compiler knows.
  uint64_t state = state_;
  uint64_t bits = bits_;
  int left = left_;
  for (size_t i = 0; i < count; ++i) {
    if (left == 0) {
      bits = Scatter(state += kGoldenRatio);
      left = kValuesPerDraw;
    }
    std::memcpy(bytes.data() + i * sizeof(T), &table[bits & (kTableSize - 1)], sizeof(T));
    bits >>= kIndexBits;
    --left;
  }
  state_ = state;
  bits_ = bits;
  left_ = left;
}

void RandomWeights::Fill(absl::Span<std::byte> bytes) {
  // Only the size of a value matters for copying it.
  if (value_size_ == sizeof(uint16_t)) return FillFromTable<uint16_t>(bytes);
  FillFromTable<uint32_t>(bytes);
}

}  // namespace unclip
