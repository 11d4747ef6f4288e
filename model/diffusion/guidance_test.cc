#include "model/diffusion/guidance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace unclip::model {
namespace {

TEST(GuideTest, ExtrapolatesFromTheUnconditionalHalf) {
  const at::Tensor output = at::cat({at::full({1, 2}, 1.0F), at::full({1, 2}, 3.0F)});
  EXPECT_TRUE(Guide(output, 4).equal(at::full({1, 2}, 9.0F)));
}

TEST(GuideTest, TakesTheVarianceFromTheConditionalHalf) {
  const at::Tensor output = at::cat({at::full({1, 2, 1, 1}, 1.0F), at::full({1, 2, 1, 1}, 3.0F)});
  const at::Tensor guided = GuideKeepingVariance(output, 4, 1);
  EXPECT_EQ(guided[0][0].item<float>(), 9);
  EXPECT_EQ(guided[0][1].item<float>(), 3);
}

}  // namespace
}  // namespace unclip::model
