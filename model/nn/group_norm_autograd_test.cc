// The kernel's gradients are those of LibTorch's operators in double.
#include "model/nn/group_norm_autograd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/silu.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/nn/group_norm.h"
#include "model/nn/leaf_source.h"
#include "model/nn/norm_modulation.h"
#include "model/threads.h"

namespace unclip::model {
namespace {

constexpr int64_t kGroups = 4;
constexpr double kEpsilon = 1e-5;

using Gradients = std::map<std::string, at::Tensor>;

// A norm's inputs as leaves that require gradients.
struct Inputs {
  at::Tensor x, weight, bias;
  NormModulation modulation;

  std::map<std::string, at::Tensor> leaves() const {
    return {{"x", x},
            {"weight", weight},
            {"bias", bias},
            {"add", modulation.add},
            {"scale", modulation.scale},
            {"shift", modulation.shift}};
  }

  // The same numbers as leaves of their own, in double.
  Inputs InDouble() const {
    const auto copy = [](const at::Tensor& tensor) {
      return tensor.defined() ? tensor.detach().to(at::kDouble).requires_grad_() : tensor;
    };
    return {.x = copy(x),
            .weight = copy(weight),
            .bias = copy(bias),
            .modulation = {.add = copy(modulation.add),
                           .scale = copy(modulation.scale),
                           .shift = copy(modulation.shift),
                           .silu = modulation.silu}};
  }
};

enum class Modulated { kNot, kAdd, kScaleShift, kAll };

Inputs MakeInputs(const std::vector<int64_t>& shape, at::MemoryFormat format, at::ScalarType dtype, Modulated modulated,
                  bool silu) {
  const at::Tensor x = (at::randn(shape) * 2 + 3).to(dtype);
  const auto row = [&shape](bool wanted) { return wanted ? at::randn({shape[0], shape[1]}).requires_grad_() : at::Tensor(); };
  const bool add = modulated == Modulated::kAdd || modulated == Modulated::kAll;
  const bool scale = modulated == Modulated::kScaleShift || modulated == Modulated::kAll;
  return {.x = (shape.size() == 4 ? x.contiguous(format) : x).requires_grad_(),
          .weight = at::randn({shape[1]}).requires_grad_(),
          .bias = at::randn({shape[1]}).requires_grad_(),
          .modulation = {.add = row(add), .scale = row(scale), .shift = row(scale), .silu = silu}};
}

at::Tensor Fused(const Inputs& inputs) {
  return DifferentiableGroupNorm(inputs.x, kGroups, inputs.weight, inputs.bias, kEpsilon, inputs.modulation);
}

// What LibTorch's own operators make of it.
at::Tensor Composed(const Inputs& inputs) {
  std::vector<int64_t> row_shape(inputs.x.dim(), 1);
  row_shape[0] = inputs.x.size(0);
  row_shape[1] = inputs.x.size(1);
  const auto& [add, scale, shift, silu] = inputs.modulation;
  at::Tensor y = add.defined() ? inputs.x + add.view(row_shape) : inputs.x;
  y = at::group_norm(y, kGroups, inputs.weight, inputs.bias, kEpsilon);
  if (scale.defined()) y = y * (1 + scale.view(row_shape)) + shift.view(row_shape);
  return silu ? at::silu(y) : y;
}

Gradients GradientsOf(const Inputs& inputs, const at::Tensor& y, const at::Tensor& dy) {
  y.backward(dy);
  Gradients gradients;
  for (const auto& [name, leaf] : inputs.leaves()) {
    if (!leaf.defined()) continue;
    gradients[name] = leaf.grad();
    leaf.mutable_grad().reset();
  }
  return gradients;
}

void ExpectClose(const at::Tensor& actual, const at::Tensor& expected, double tolerance, const std::string& name) {
  ASSERT_TRUE(actual.defined() && expected.defined()) << name;
  ASSERT_EQ(actual.sizes(), expected.sizes()) << name;
  // A group of one channel takes away again what is added to it: the gradient is rounding alone.
  const double size = std::max(expected.abs().max().item<double>(), 1e-3);
  EXPECT_LE((actual.to(at::kDouble) - expected).abs().max().item<double>(), tolerance * size) << name;
}

void ExpectLibTorchsGradients(const Inputs& inputs, double tolerance) {
  const Inputs in_double = inputs.InDouble();
  const at::Tensor dy = at::randn_like(inputs.x.detach());
  const Gradients expected = GradientsOf(in_double, Composed(in_double), dy.to(at::kDouble));
  const at::Tensor y = Fused(inputs);
  EXPECT_EQ(y.scalar_type(), inputs.x.scalar_type());
  const Gradients actual = GradientsOf(inputs, y, dy);
  EXPECT_EQ(actual.size(), expected.size());
  // What is not rounded to x's type is as good in any.
  for (const auto& [name, gradient] : actual) ExpectClose(gradient, expected.at(name), name == "x" ? tolerance : 1e-5, name);
  EXPECT_EQ(actual.at("x").scalar_type(), inputs.x.scalar_type());
}

class GroupNormAutogradTest : public testing::TestWithParam<std::tuple<at::MemoryFormat, at::ScalarType>> {
 protected:
  static Inputs Make(const std::vector<int64_t>& shape, Modulated modulated = Modulated::kAll, bool silu = true) {
    return MakeInputs(shape, std::get<0>(GetParam()), std::get<1>(GetParam()), modulated, silu);
  }
  static double Tolerance() { return std::get<1>(GetParam()) == at::kFloat ? 1e-5 : 5e-3; }
};

TEST_P(GroupNormAutogradTest, GivesLibTorchsGradientsForEveryModulation) {
  for (const Modulated modulated : {Modulated::kNot, Modulated::kAdd, Modulated::kScaleShift, Modulated::kAll}) {
    for (const bool silu : {false, true}) {
      SCOPED_TRACE(testing::Message() << "modulated " << static_cast<int>(modulated) << " silu " << silu);
      ExpectLibTorchsGradients(Make({3, 40, 9, 7}, modulated, silu), Tolerance());
    }
  }
}

// Fewer channels or positions than a vector has values, as many, and a few more; one part of a sample, as many positions as it
// takes, and one more; other ranks.
const std::vector<int64_t> kShapes[] = {{2, 4, 5, 5},   {1, 12, 3, 11},  {2, 16, 4, 4},   {3, 32, 8, 4},   {2, 48, 3, 3},
                                        {5, 100, 2, 1}, {1, 40, 41, 10}, {1, 40, 3, 137}, {2, 64, 33, 32}, {1, 8, 164, 161},
                                        {3, 24},        {2, 20, 35},     {2, 8, 3, 5, 7}};

TEST_P(GroupNormAutogradTest, GivesLibTorchsGradientsForEverySize) {
  for (const std::vector<int64_t>& shape : kShapes) {
    SCOPED_TRACE(testing::PrintToString(shape));
    for (const int threads : {1, 2}) {
      UseThreads(threads);
      ExpectLibTorchsGradients(Make(shape), Tolerance());
    }
  }
}

TEST_P(GroupNormAutogradTest, GivesTheSameBitsOnAnyThreadsAndWithoutGradients) {
  const Inputs inputs = Make({3, 40, 50, 41});
  const at::Tensor dy = at::randn_like(inputs.x.detach());
  UseThreads(1);
  const Gradients expected = GradientsOf(inputs, Fused(inputs), dy);
  for (const int threads : {1, 2, 3}) {
    UseThreads(threads);
    for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), dy)) EXPECT_TRUE(gradient.equal(expected.at(name)));
  }
  LeafSource source;
  const GroupNorm norm(source, "norm", kGroups, 40, kEpsilon);
  const at::Tensor recorded = norm(inputs.x, inputs.modulation);
  EXPECT_TRUE(recorded.requires_grad());
  const c10::InferenceMode inference;
  const at::Tensor plain = norm(inputs.x, inputs.modulation);
  EXPECT_FALSE(plain.requires_grad());
  EXPECT_TRUE(plain.equal(recorded));
}

TEST_P(GroupNormAutogradTest, TakesGradientsOfAnyLayout) {
  const Inputs inputs = Make({2, 40, 9, 7});
  const at::Tensor dy = at::randn_like(inputs.x.detach());
  const Gradients expected = GradientsOf(inputs, Fused(inputs), dy);
  EXPECT_EQ(expected.at("x").strides(), inputs.x.strides());
  for (const at::Tensor& other :
       {dy.contiguous(), dy.contiguous(at::MemoryFormat::ChannelsLast), dy.transpose(2, 3).contiguous().transpose(2, 3)}) {
    for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), other)) EXPECT_TRUE(gradient.equal(expected.at(name)));
  }
  const at::Tensor one = at::ones({}, inputs.x.scalar_type());
  const Gradients of_ones = GradientsOf(inputs, Fused(inputs), at::ones_like(dy));
  for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), one.expand(dy.sizes()))) {
    EXPECT_TRUE(gradient.equal(of_ones.at(name))) << name;
  }
}

TEST_P(GroupNormAutogradTest, TakesInputsOfAnyLayout) {
  Inputs inputs = Make({2, 40, 9, 7});
  inputs.x = inputs.x.detach().transpose(2, 3).requires_grad_();
  ExpectLibTorchsGradients(inputs, Tolerance());
}

TEST_P(GroupNormAutogradTest, GivesNoGradientToWhatWantsNone) {
  Inputs inputs = Make({2, 40, 9, 7});
  const at::Tensor dy = at::randn_like(inputs.x.detach());
  const Gradients expected = GradientsOf(inputs, Fused(inputs), dy);
  for (const auto& [wanted, leaf] : inputs.leaves()) {
    for (const auto& [name, other] : inputs.leaves()) other.requires_grad_(name == wanted);
    for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), dy)) {
      EXPECT_EQ(gradient.defined(), name == wanted) << name << " for " << wanted;
      EXPECT_TRUE(!gradient.defined() || gradient.equal(expected.at(name))) << name;
    }
  }
}

TEST_P(GroupNormAutogradTest, PassesExtremeValuesOn) {
  Inputs inputs = Make({2, 40, 9, 7});
  inputs.modulation.scale = (inputs.modulation.scale.detach() * 1e4).requires_grad_();
  const at::Tensor dy = at::randn_like(inputs.x.detach());
  for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), dy)) {
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
  }
  for (const auto& [name, gradient] : GradientsOf(inputs, Fused(inputs), dy / 0.0)) {
    EXPECT_FALSE(gradient.isfinite().all().item<bool>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, GroupNormAutogradTest,
                         testing::Combine(testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(at::kFloat, at::kBFloat16)));

TEST(GroupNormAutogradTest, OfLibTorchsOperatorsGivesTheSameGradients) {
  // There is no kernel for double.
  ExpectLibTorchsGradients(
      MakeInputs({2, 40, 9, 7}, at::MemoryFormat::ChannelsLast, at::kFloat, Modulated::kAll, /*silu=*/true).InDouble(), 1e-12);
}

TEST(GroupNormAutogradTest, RefusesSecondGradients) {
  const Inputs inputs = MakeInputs({2, 8, 3, 3}, at::MemoryFormat::Contiguous, at::kFloat, Modulated::kNot, /*silu=*/true);
  EXPECT_THROW(Fused(inputs).sum().backward({}, /*retain_graph=*/true, /*create_graph=*/true), c10::Error);
}

TEST(RecordsGradientTest, LooksAtEveryTensorAndAtTheMode) {
  const at::Tensor frozen = at::randn({2, 8}), trained = at::randn({2, 8}).requires_grad_();
  EXPECT_FALSE(RecordsGradient(frozen, frozen, frozen, {}));
  EXPECT_TRUE(RecordsGradient(trained, frozen, frozen, {}));
  EXPECT_TRUE(RecordsGradient(frozen, trained, frozen, {}));
  EXPECT_TRUE(RecordsGradient(frozen, frozen, trained, {}));
  EXPECT_TRUE(RecordsGradient(frozen, frozen, frozen, {.add = trained, .scale = {}, .shift = {}}));
  EXPECT_TRUE(RecordsGradient(frozen, frozen, frozen, {.add = {}, .scale = frozen, .shift = trained}));
  const c10::InferenceMode inference;
  EXPECT_FALSE(RecordsGradient(trained, trained, trained, {}));
}

}  // namespace
}  // namespace unclip::model
