#include "model/nn/attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <vector>

namespace unclip::model {
namespace {

struct Inputs {
  at::Tensor q, k, v, mask;
};

// Two samples of three heads; the last of seven keys is hidden from the first sample.
Inputs RandomInputs() {
  at::manual_seed(4);
  const auto random = [](int64_t tokens) { return at::randn({2, 3, tokens, 8}).to(at::kBFloat16); };
  at::Tensor mask = at::zeros({2, 1, 1, 7});
  mask[0][0][0][6] = kMaskedScore;
  return {.q = random(5), .k = random(7), .v = random(7), .mask = mask};
}

struct Gradients {
  at::Tensor output;
  std::vector<at::Tensor> inputs;
};

Gradients Differentiate(const Inputs& inputs, at::ScalarType type) {
  Gradients gradients;
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : {inputs.q, inputs.k, inputs.v})
    leaves.push_back(input.to(type, /*non_blocking=*/false, /*copy=*/true).requires_grad_());
  gradients.output = Attend(leaves[0], leaves[1], leaves[2], inputs.mask.to(type));
  gradients.output.to(at::kFloat).square().sum().backward();
  for (const at::Tensor& leaf : leaves) gradients.inputs.push_back(leaf.grad());
  return gradients;
}

// The largest difference, as a share of the largest value. bfloat16 rounds by 0.004 of a value at most.
double Distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kFloat) - b).abs().max() / b.abs().max()).item<double>();
}

TEST(AttendTest, HasTheGradientsOfFloat32InBFloat16) {
  const Inputs inputs = RandomInputs();
  const Gradients narrow = Differentiate(inputs, at::kBFloat16), wide = Differentiate(inputs, at::kFloat);
  EXPECT_EQ(narrow.output.scalar_type(), at::kBFloat16);
  EXPECT_LT(Distance(narrow.output, wide.output), 0.005);
  for (size_t i = 0; i < wide.inputs.size(); ++i) {
    EXPECT_EQ(narrow.inputs[i].scalar_type(), at::kBFloat16);
    EXPECT_LT(Distance(narrow.inputs[i], wide.inputs[i]), 0.01) << "input " << i;
  }
}

TEST(AttendTest, DoesNotLookWhereTheMaskForbids) {
  Inputs inputs = RandomInputs();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Gradients gradients = Differentiate(inputs, type);
    const at::Tensor& of_values = gradients.inputs[2];
    EXPECT_EQ(of_values[0].select(1, 6).abs().max().item<float>(), 0);
    EXPECT_GT(of_values[1].select(1, 6).abs().max().item<float>(), 0);
  }
}

}  // namespace
}  // namespace unclip::model
