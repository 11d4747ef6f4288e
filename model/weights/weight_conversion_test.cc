#include "model/weights/weight_conversion.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

namespace unclip::model {
namespace {

constexpr at::ScalarType kTypes[] = {at::kFloat, at::kHalf, at::kBFloat16};

Dtype FileType(at::ScalarType type) { return type == at::kFloat ? Dtype::kF32 : type == at::kHalf ? Dtype::kF16 : Dtype::kBF16; }

WeightValues ValuesOf(const at::Tensor& tensor) {
  return {.data = static_cast<const std::byte*>(tensor.const_data_ptr()),
          .dtype = FileType(tensor.scalar_type()),
          .inputs = tensor.numel()};
}

at::Tensor Convert(const at::Tensor& tensor, at::ScalarType type) {
  at::Tensor result = at::empty(tensor.sizes(), at::TensorOptions(type));
  EXPECT_TRUE(ConvertWeights(ValuesOf(tensor), FileType(type), result.mutable_data_ptr()));
  return result;
}

TEST(WeightConversionTest, RoundsEveryHalfAsLibTorchDoes) {
  at::Tensor every = at::empty({1 << 16}, at::kHalf);
  for (int bits = 0; bits < 1 << 16; ++bits) every.data_ptr<at::Half>()[bits] = at::Half(bits, at::Half::from_bits());
  every = every.index({at::isfinite(every)});
  for (const at::ScalarType type : kTypes) EXPECT_TRUE(at::equal(Convert(every, type), every.to(type))) << type;
}

TEST(WeightConversionTest, RoundsAsLibTorchDoes) {
  for (const at::ScalarType from : kTypes) {
    const at::Tensor values = (at::randn({300'001}) * at::randn({300'001}).exp()).to(from);
    for (const at::ScalarType to : kTypes) EXPECT_TRUE(at::equal(Convert(values, to), values.to(to))) << from << " " << to;
  }
}

TEST(WeightConversionTest, HalvesGoToTheEvenNeighbour) {
  for (const auto& [from, to] : {std::pair(0x3F808000u, 0x3F80u), {0x3F818000u, 0x3F82u}, {0x3F808001u, 0x3F81u}}) {
    const float value = std::bit_cast<float>(from);
    uint16_t result = 0;
    EXPECT_TRUE(ConvertWeights({.data = reinterpret_cast<const std::byte*>(&value)}, Dtype::kBF16, &result));
    EXPECT_EQ(result, to);
  }
}

TEST(WeightConversionTest, MakesKernelsChannelsLast) {
  for (const int64_t inputs : {1, 64, 100}) {
    for (const int64_t side : {2, 3}) {
      const at::Tensor kernels = at::randn({5, inputs, side, side});
      at::Tensor result = at::empty({5, side, side, inputs}, at::kBFloat16);
      const WeightValues values = {.data = static_cast<const std::byte*>(kernels.const_data_ptr()),
                                   .outputs = 5,
                                   .inputs = inputs,
                                   .positions = side * side};
      EXPECT_TRUE(ConvertWeights(values, Dtype::kBF16, result.mutable_data_ptr()));
      EXPECT_TRUE(at::equal(result, kernels.permute({0, 2, 3, 1}).to(at::kBFloat16))) << inputs << " " << side;
    }
  }
}

TEST(WeightConversionTest, ReadsFromAnyAddress) {
  const std::vector<float> values = {1, 2, 3};
  std::vector<std::byte> shifted(1 + sizeof(float) * values.size());
  std::memcpy(shifted.data() + 1, values.data(), sizeof(float) * values.size());
  std::vector<float> result(3);
  EXPECT_TRUE(ConvertWeights({.data = shifted.data() + 1, .inputs = 3}, Dtype::kF32, result.data()));
  EXPECT_EQ(result, values);
}

TEST(WeightConversionTest, TellsOfASingleValueThatIsNotFinite) {
  for (const at::ScalarType from : kTypes) {
    for (const double bad : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
      at::Tensor values = at::randn({100'000}).to(from);
      EXPECT_TRUE(AllFinite(ValuesOf(values)));
      values[77'777] = bad;
      EXPECT_FALSE(AllFinite(ValuesOf(values))) << from << " " << bad;
      for (const at::ScalarType to : kTypes) {
        at::Tensor result = at::empty({100'000}, at::TensorOptions(to));
        EXPECT_FALSE(ConvertWeights(ValuesOf(values), FileType(to), result.mutable_data_ptr())) << from << " " << to << bad;
      }
    }
  }
}

TEST(WeightConversionTest, TellsOfAValueThatTheOtherTypeCannotHold) {
  const float large = 1e38F, largest = std::numeric_limits<float>::max();
  uint16_t result = 0;
  EXPECT_FALSE(ConvertWeights({.data = reinterpret_cast<const std::byte*>(&large)}, Dtype::kF16, &result));
  EXPECT_TRUE(ConvertWeights({.data = reinterpret_cast<const std::byte*>(&large)}, Dtype::kBF16, &result));
  EXPECT_FALSE(ConvertWeights({.data = reinterpret_cast<const std::byte*>(&largest)}, Dtype::kBF16, &result));
}

}  // namespace
}  // namespace unclip::model
