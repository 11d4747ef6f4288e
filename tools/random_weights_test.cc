#include "tools/random_weights.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace unclip {
namespace {

using model::Dtype;
using model::TensorSpec;

template <typename T>
std::vector<float> Draw(const TensorSpec& spec, Dtype dtype, uint64_t seed, size_t count, size_t piece) {
  RandomWeights weights(spec, dtype, seed);
  std::vector<T> values(count);
  for (size_t i = 0; i < count; i += piece) {
    weights.Fill(absl::MakeSpan(reinterpret_cast<std::byte*>(values.data() + i), std::min(piece, count - i) * sizeof(T)));
  }
  return std::vector<float>(values.begin(), values.end());
}

double MeanOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double DeviationOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(RandomWeightsTest, GoesByNameAndShape) {
  const auto deviation = [](const char* name, std::vector<int64_t> shape) {
    return DistributionOf({name, std::move(shape)}).deviation;
  };
  EXPECT_FLOAT_EQ(deviation("to_q.weight", {64, 16}), 0.25f);
  EXPECT_FLOAT_EQ(deviation("time_embedding.linear_1.weight", {64, 16}), 0.25f);
  EXPECT_FLOAT_EQ(deviation("conv_in.weight", {8, 4, 2, 2}), 0.25f);
  EXPECT_FLOAT_EQ(deviation("positional_embedding", {1, 81, 16}), 0.25f);
  EXPECT_FLOAT_EQ(deviation("class_embedding", {16}), 0.25f);
  for (const char* constant : {"to_q.bias", "clip_mean", "clip_std"}) EXPECT_EQ(deviation(constant, {1, 16}), 0) << constant;
  EXPECT_EQ(DistributionOf({"norm1.weight", {16}}).mean, 1);
  EXPECT_EQ(deviation("norm1.weight", {16}), 0);
  EXPECT_EQ(DistributionOf({"clip_std", {1, 16}}).mean, 1);
  EXPECT_EQ(DistributionOf({"clip_mean", {1, 16}}).mean, 0);
  EXPECT_EQ(deviation("empty.weight", {4, 0}), 0);
}

TEST(RandomWeightsTest, HasTheDeviationAskedForInEveryType) {
  const TensorSpec spec = {"a.weight", {1000, 100}};
  constexpr size_t kCount = 100'000;
  for (const std::vector<float>& values :
       {Draw<float>(spec, Dtype::kF32, 1, kCount, kCount), Draw<c10::Half>(spec, Dtype::kF16, 1, kCount, kCount),
        Draw<c10::BFloat16>(spec, Dtype::kBF16, 1, kCount, kCount)}) {
    // Five standard errors of the mean and of the deviation.
    EXPECT_NEAR(MeanOf(values), 0, 5 * 0.1 / std::sqrt(kCount));
    EXPECT_NEAR(DeviationOf(values), 0.1, 5 * 0.1 / std::sqrt(2.0 * kCount));
  }
}

TEST(RandomWeightsTest, IsNormallyDistributed) {
  constexpr size_t kCount = 100'000;
  const std::vector<float> values = Draw<float>({"a.weight", {1, 1}}, Dtype::kF32, 1, kCount, kCount);
  for (const auto& [limit, share] : {std::pair(1.0, 0.6827), std::pair(2.0, 0.9545)}) {
    double inside = 0;
    for (const float value : values) inside += std::abs(value) < limit;
    EXPECT_NEAR(inside / kCount, share, 0.007);
  }
}

TEST(RandomWeightsTest, DoesNotDependOnThePieces) {
  const TensorSpec spec = {"a.weight", {10, 10}};
  const std::vector<float> whole = Draw<c10::Half>(spec, Dtype::kF16, 3, 100, 100);
  for (const size_t piece : {1, 3, 7, 64}) EXPECT_EQ(Draw<c10::Half>(spec, Dtype::kF16, 3, 100, piece), whole) << piece;
}

TEST(RandomWeightsTest, DependsOnSeedAndName) {
  const std::vector<float> values = Draw<float>({"a.weight", {10, 10}}, Dtype::kF32, 3, 100, 100);
  EXPECT_NE(Draw<float>({"a.weight", {10, 10}}, Dtype::kF32, 4, 100, 100), values);
  EXPECT_NE(Draw<float>({"b.weight", {10, 10}}, Dtype::kF32, 3, 100, 100), values);
}

TEST(RandomWeightsTest, GivesConstantsExactly) {
  for (const float value : Draw<c10::BFloat16>({"norm.weight", {50}}, Dtype::kBF16, 1, 50, 50)) EXPECT_EQ(value, 1.0f);
  for (const float value : Draw<c10::Half>({"to_q.bias", {50}}, Dtype::kF16, 1, 50, 50)) EXPECT_EQ(value, 0.0f);
}

}  // namespace
}  // namespace unclip
