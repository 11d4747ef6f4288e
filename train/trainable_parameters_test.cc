#include "train/trainable_parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

using ::testing::HasSubstr;

at::Tensor Ones(const model::Parameter& parameter) { return at::ones(parameter.shape); }

TEST(TrainableParametersTest, CollectsGradientsThroughWhatIsJoinedAndConverted) {
  TrainableParameters parameters("decoder", Ones);
  parameters.set_compute_type(at::kBFloat16);
  const at::Tensor joined = parameters.Borrow({{.name = "a", .shape = {2, 3}}, {.name = "b", .shape = {1, 3}}});
  EXPECT_EQ(joined.sizes(), at::IntArrayRef({3, 3}));
  EXPECT_EQ(joined.scalar_type(), at::kBFloat16);
  (joined.to(at::kFloat) * 2).sum().backward();
  ASSERT_EQ(parameters.list().size(), 2U);
  for (const TrainableParameters::Entry& entry : parameters.list()) {
    EXPECT_EQ(entry.value.scalar_type(), at::kFloat) << entry.name;
    EXPECT_TRUE(at::equal(entry.value.grad(), at::full(entry.value.sizes(), 2.0))) << entry.name;
  }
}

TEST(TrainableParametersTest, GivesTheSameParameterEachTime) {
  int made = 0;
  TrainableParameters parameters("decoder", [&made](const model::Parameter& parameter) {
    ++made;
    return at::ones(parameter.shape);
  });
  parameters.Get("a", {4});
  parameters.Get("a", {4});
  EXPECT_EQ(made, 1);
  EXPECT_EQ(parameters.parameter_count(), 4);
}

TEST(TrainableParametersTest, RefusesAnotherShape) {
  TrainableParameters parameters("decoder", Ones);
  parameters.Get("a", {4});
  EXPECT_FALSE(parameters.Get("a", {5}).defined());
  EXPECT_THAT(parameters.status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decoder: a has shape [4] where the config wants [5]")));
}

TEST(TrainableParametersTest, DoesNotTrainConstants) {
  TrainableParameters parameters("prior", Ones, /*constants=*/{"clip_mean"});
  EXPECT_FALSE(parameters.Get("clip_mean", {1, 4}).requires_grad());
  EXPECT_TRUE(parameters.Get("proj_in.weight", {4, 4}).requires_grad());
}

TEST(TrainableParametersTest, SetsValueAndAverageWithoutLosingTheLeaf) {
  TrainableParameters parameters("prior", Ones);
  parameters.Get("a", {2});
  ASSERT_OK(parameters.Set("a", at::full({2}, 5.0)));
  const TrainableParameters::Entry& entry = parameters.list().front();
  EXPECT_TRUE(entry.value.is_leaf());
  EXPECT_TRUE(entry.value.requires_grad());
  EXPECT_TRUE(at::equal(entry.value, at::full({2}, 5.0)));
  EXPECT_TRUE(at::equal(entry.average, at::full({2}, 5.0)));
  EXPECT_THAT(parameters.Set("a", at::ones({3})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[3]")));
}

TEST(AveragedParametersTest, GivesCopiesOfTheAverages) {
  TrainableParameters parameters("prior", Ones);
  parameters.Get("a", {2});
  AveragedParameters averages(parameters);
  const at::Tensor taken = averages.Get("a", {2});
  EXPECT_FALSE(taken.requires_grad());
  ASSERT_OK(parameters.Set("a", at::full({2}, 5.0)));
  EXPECT_TRUE(at::equal(taken, at::ones({2})));
  EXPECT_FALSE(averages.Get("b", {2}).defined());
  EXPECT_THAT(averages.status(), StatusIs(absl::StatusCode::kInternal, HasSubstr("b")));
}

}  // namespace
}  // namespace unclip::train
