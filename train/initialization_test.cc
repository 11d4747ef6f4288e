#include "train/initialization.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <string>

namespace unclip::train {
namespace {

at::Tensor Initial(const std::string& name, std::vector<int64_t> shape, uint64_t seed = 0) {
  return InitialValue({.name = name, .shape = std::move(shape)}, seed);
}

double Deviation(const at::Tensor& value) { return value.std().item<double>(); }

TEST(InitializationTest, DependsOnNameAndSeed) {
  const at::Tensor value = Initial("proj_in.weight", {8, 8});
  EXPECT_TRUE(at::equal(value, Initial("proj_in.weight", {8, 8})));
  EXPECT_FALSE(at::equal(value, Initial("proj_out.weight", {8, 8})));
  EXPECT_FALSE(at::equal(value, Initial("proj_in.weight", {8, 8}, /*seed=*/1)));
}

TEST(InitializationTest, NormsBeginAsTheIdentityAndBiasesAtZero) {
  EXPECT_TRUE(at::equal(Initial("norm1.weight", {8}), at::ones({8})));
  EXPECT_TRUE(at::equal(Initial("text_encoder_hidden_states_norm.weight", {8}), at::ones({8})));
  EXPECT_TRUE(at::equal(Initial("norm1.bias", {8}), at::zeros({8})));
  EXPECT_TRUE(at::equal(Initial("conv_in.bias", {8}), at::zeros({8})));
}

TEST(InitializationTest, EveryUnetBlockBeginsAsTheIdentity) {
  for (const char* name : {"down_blocks.0.resnets.0.conv2.weight", "conv_out.weight"}) {
    EXPECT_TRUE(at::equal(Initial(name, {4, 4, 3, 3}), at::zeros({4, 4, 3, 3}))) << name;
  }
  EXPECT_TRUE(at::equal(Initial("mid_block.attentions.0.to_out.0.weight", {4, 4}), at::zeros({4, 4})));
  EXPECT_GT(Deviation(Initial("transformer_blocks.0.attn1.to_out.0.weight", {64, 64})), 0);
}

TEST(InitializationTest, MatricesAreUniformWithTheInputsRoot) {
  const at::Tensor value = Initial("conv_in.weight", {64, 16, 3, 3});
  const double bound = 1 / std::sqrt(16 * 9.0);
  EXPECT_LE(value.abs().max().item<double>(), bound);
  EXPECT_NEAR(Deviation(value), bound / std::sqrt(3.0), 0.02 * bound);
  EXPECT_NEAR(Deviation(Initial("time_embedding.linear_1.weight", {128, 64})), 1 / std::sqrt(64 * 3.0), 0.003);
}

TEST(InitializationTest, EmbeddingsAreSmall) {
  EXPECT_NEAR(Deviation(Initial("text_model.embeddings.token_embedding.weight", {600, 128})), 0.02, 0.001);
  EXPECT_NEAR(Deviation(Initial("vision_model.embeddings.class_embedding", {4096})), 0.02, 0.001);
  EXPECT_NEAR(Deviation(Initial("positional_embedding", {1, 28, 128})), 0.02, 0.002);
}

}  // namespace
}  // namespace unclip::train
