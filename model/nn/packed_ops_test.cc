// A row's and a sample's result must not depend on the batch: what step-level batching rests on. LibTorch's own operators fail
// this.
#include "model/nn/packed_ops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <tuple>

#include "model/threads.h"

namespace unclip::model {
namespace {

class PackedOpsTest : public testing::TestWithParam<std::tuple<at::ScalarType, int>> {
 protected:
  void SetUp() override {
    dtype_ = std::get<0>(GetParam());
    if (!HasPackedOps(dtype_)) GTEST_SKIP() << "not on this processor";
    UseThreads(std::get<1>(GetParam()));
  }

  at::Tensor Random(at::IntArrayRef sizes) const { return at::randn(sizes).to(dtype_); }

  void ExpectClose(const at::Tensor& actual, const at::Tensor& expected) const {
    const double tolerance = dtype_ == at::kFloat ? 2e-5 : 0.02;
    EXPECT_LE((actual.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>(),
              tolerance * expected.to(at::kDouble).abs().max().item<double>());
  }

  at::ScalarType dtype_ = at::kFloat;
};

TEST_P(PackedOpsTest, LinearGivesARowTheSameBitsInAnyBatch) {
  for (const auto& [in, out] : {std::pair<int64_t, int64_t>{20, 60}, {128, 512}, {2048, 300}}) {
    const at::Tensor weight = Random({out, in}), bias = Random({out}), x = Random({64, in});
    const at::Tensor packed = PackLinearWeight(weight);
    const at::Tensor expected = PackedLinear(x, packed, bias);
    ExpectClose(expected, at::linear(x, weight, bias));
    for (const int64_t rows : {1, 2, 3, 5, 6, 12, 31}) {
      EXPECT_TRUE(PackedLinear(x.narrow(0, 7, rows), packed, bias).equal(expected.narrow(0, 7, rows))) << in << " " << rows;
    }
  }
}

TEST_P(PackedOpsTest, LinearKeepsTheLeadingDimensions) {
  const at::Tensor weight = Random({6, 4}), bias = Random({6});
  const at::Tensor packed = PackLinearWeight(weight);
  EXPECT_EQ(PackedLinear(Random({1, 1, 4}), packed, bias).sizes(), at::IntArrayRef({1, 1, 6}));
  EXPECT_EQ(PackedLinear(Random({2, 3, 4}), packed, bias).sizes(), at::IntArrayRef({2, 3, 6}));
  EXPECT_EQ(PackedLinear(Random({4}), packed, {}).sizes(), at::IntArrayRef({6}));
}

TEST_P(PackedOpsTest, ConvGivesASampleTheSameBitsInAnyBatch) {
  for (const auto& [in, out, size, kernel] : {std::tuple<int64_t, int64_t, int64_t, int64_t>{3, 48, 32, 3},
                                              {48, 6, 12, 3},
                                              {144, 144, 8, 3},
                                              {96, 48, 16, 1},
                                              {24, 36, 9, 3}}) {
    const at::Tensor weight = Random({out, in, kernel, kernel}), bias = Random({out});
    const at::Tensor x = Random({9, in, size, size}).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor other = Random({9, out, size, size}).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor packed = PackConvWeight(weight, size);
    const at::Tensor expected = PackedConv(x, packed, bias, kernel / 2);
    const at::Tensor expected_sum = PackedConvAdd(x, packed, bias, kernel / 2, other);
    ExpectClose(expected, at::conv2d(x, weight, bias, 1, kernel / 2));
    ExpectClose(expected_sum, at::conv2d(x, weight, bias, 1, kernel / 2) + other);
    for (const int64_t samples : {1, 2, 3, 6}) {
      const at::Tensor some = x.narrow(0, 2, samples);
      EXPECT_TRUE(PackedConv(some, packed, bias, kernel / 2).equal(expected.narrow(0, 2, samples))) << in << " " << samples;
      EXPECT_TRUE(
          PackedConvAdd(some, packed, bias, kernel / 2, other.narrow(0, 2, samples)).equal(expected_sum.narrow(0, 2, samples)))
          << in << " " << samples;
    }
  }
}

TEST_P(PackedOpsTest, RefusesWhatRequiresAGradient) {
  const at::Tensor packed = PackLinearWeight(Random({6, 4})), x = Random({3, 4}), trained = Random({3, 4}).requires_grad_();
  EXPECT_THROW(PackedLinear(trained, packed, {}), c10::Error);
  EXPECT_THROW(PackedLinear(x, packed, Random({6}).requires_grad_()), c10::Error);
  const c10::InferenceMode inference;
  EXPECT_NO_THROW(PackedLinear(trained, packed, {}));
  EXPECT_FALSE(CanPack(trained));
  EXPECT_EQ(CanPack(x), HasPackedOps(x.scalar_type()));
  EXPECT_FALSE(CanPack({}));
}

INSTANTIATE_TEST_SUITE_P(Types, PackedOpsTest,
                         testing::Combine(testing::Values(at::kFloat, at::kBFloat16), testing::Values(1, 2)));

}  // namespace
}  // namespace unclip::model
