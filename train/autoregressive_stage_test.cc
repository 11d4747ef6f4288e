// The autoregressive prior's training against an implementation of PyTorch's own layers (tests/gradients/make_expected.py), and
// by itself.
#include "train/autoregressive_stage.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "train/optimizer.h"
#include "train/tensor_file.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 2e-4;  // of the largest value of a gradient: float32 sums in another order
constexpr double kSmallest = 1e-3;   // of the largest in the network, what a gradient's size counts as at least

double LargestOf(const at::Tensor& values) { return at::abs(values).max().item<double>(); }

class AutoregressiveStageTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ReadTensorFile("tests/gradients/expected/autoregressive.safetensors"));
    const fs::path dir = fs::path(testing::TempDir()) / "text-to-image";
    fs::create_directories(dir / "prior_autoregressive");
    std::ofstream(dir / "prior_autoregressive/config.json") << expected_.metadata["config"];
    ASSERT_OK_AND_ASSIGN(stage_, AutoregressiveStage::Create(dir.string(), /*clip=*/nullptr, {}));
  }

  void TakeWeights() {
    for (const auto& [name, tensor] : expected_.tensors) {
      constexpr absl::string_view kWeights = "weights/";
      if (!absl::StartsWith(name, kWeights)) continue;
      const std::string parameter = name.substr(kWeights.size());
      ASSERT_TRUE(parameters().Has(parameter)) << parameter;
      ASSERT_OK(parameters().Set(parameter, tensor));
    }
  }

  TrainableParameters& parameters() { return *stage_->parameters().front(); }

  AutoregressiveStage::Inputs ExpectedInputs() const {
    return {.codes = expected_.Find("in/codes"),
            .dot_products = expected_.Find("in/dot_products"),
            .text = {.embeddings = expected_.Find("in/text_embeddings"),
                     .hidden_states = expected_.Find("in/hidden_states"),
                     .mask = expected_.Find("in/mask")}};
  }

  TensorFile expected_;
  std::unique_ptr<AutoregressiveStage> stage_;
};

TEST_F(AutoregressiveStageTest, LossAndGradientsEqualPyTorch) {
  TakeWeights();
  const at::Tensor loss = stage_->LossOf(ExpectedInputs(), at::kFloat).total;
  EXPECT_NEAR(loss.item<double>(), expected_.Find("loss").item<double>(), 1e-5);
  loss.backward();
  double largest = 0;
  for (const auto& [name, tensor] : expected_.tensors) {
    if (absl::StartsWith(name, "grad/")) largest = std::max(largest, LargestOf(tensor));
  }
  for (const TrainableParameters::Entry& entry : parameters().list()) {
    if (!entry.value.requires_grad()) continue;
    const at::Tensor wanted = expected_.Find(absl::StrCat("grad/prior_autoregressive/", entry.name));
    ASSERT_TRUE(wanted.defined()) << entry.name;
    ASSERT_TRUE(entry.value.grad().defined()) << entry.name;
    EXPECT_LT(LargestOf(entry.value.grad() - wanted), kTolerance * std::max(LargestOf(wanted), kSmallest * largest))
        << entry.name;
    // A bias of keys moves all scores alike.
    if (!absl::EndsWith(entry.name, "to_k.bias")) {
      EXPECT_GT(LargestOf(entry.value.grad()), 0) << entry.name;
    }
  }
}

TEST_F(AutoregressiveStageTest, CodesAndLogitsEqualPyTorch) {
  TakeWeights();
  const prior::EmbeddingCodes codes = stage_->Codes();
  const AutoregressiveStage::Inputs inputs = ExpectedInputs();
  const at::Tensor images = expected_.Find("in/images");
  EXPECT_TRUE(at::equal(codes.Quantize(images), inputs.codes));
  EXPECT_TRUE(at::equal(codes.QuantizeDotProducts(inputs.text.embeddings, images), expected_.Find("all_dot_products")));
  EXPECT_TRUE(at::allclose(codes.Dequantize(inputs.codes), expected_.Find("decoded"), 1e-4, 1e-5));
  AveragedParameters averages(parameters());
  ASSERT_OK_AND_ASSIGN(const auto config,
                       prior::ReadAutoregressiveConfig(testing::TempDir() + "/text-to-image/prior_autoregressive"));
  const prior::AutoregressiveTransformer network(config, averages);
  const at::Tensor logits =
      network.PredictAll(inputs.dot_products, inputs.codes, inputs.text.embeddings, inputs.text.hidden_states, inputs.text.mask);
  EXPECT_TRUE(at::allclose(logits, expected_.Find("logits"), 1e-4, 1e-4));
}

TEST_F(AutoregressiveStageTest, Bfloat16IsNear) {
  TakeWeights();
  const AutoregressiveStage::Terms terms = stage_->LossOf(ExpectedInputs(), at::kBFloat16);
  EXPECT_NEAR(terms.total.item<double>(), expected_.Find("loss").item<double>(), 0.05);
  terms.total.backward();
  for (const TrainableParameters::Entry& entry : parameters().list()) {
    EXPECT_EQ(entry.value.grad().defined(), entry.value.requires_grad()) << entry.name;
  }
}

TEST_F(AutoregressiveStageTest, WantsTwoPictures) {
  EXPECT_THAT(stage_->FitCodes(at::ones({1, 12}), at::ones({1, 12})),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("too few")));
}

// Pictures whose embeddings are a turned text embedding and a little noise.
class MadeUpWorld {
 public:
  struct Batch {
    TextEncoding text;
    at::Tensor images;
  };
  Batch Draw(int64_t count) {
    const at::Tensor texts = at::randn({count, 12}, random_, at::kFloat);
    return {.text = {.embeddings = texts,
                     .hidden_states = texts.unsqueeze(1).expand({count, 7, 12}).contiguous(),
                     .mask = at::ones({count, 7})},
            .images = at::matmul(texts, turn_) + 0.1 * at::randn({count, 12}, random_, at::kFloat)};
  }

 private:
  at::Generator random_ = at::make_generator<at::CPUGeneratorImpl>(5);
  const at::Tensor turn_ = at::randn({12, 12}, random_, at::kFloat);
};

TEST_F(AutoregressiveStageTest, LearnsWhatTextsSayOfPictures) {
  MadeUpWorld world;
  const MadeUpWorld::Batch seen = world.Draw(2000);
  ASSERT_OK(stage_->FitCodes(seen.images, seen.text.embeddings));
  const prior::EmbeddingCodes codes = stage_->Codes();
  OptimizerOptions options;
  options.average_decay = 0.9;
  Optimizer optimizer(options, stage_->parameters());
  double first = 0, last = 0;
  for (int step = 0; step < 300; ++step) {
    const MadeUpWorld::Batch batch = world.Draw(64);
    const AutoregressiveStage::Terms terms =
        stage_->LossOf({.codes = codes.Quantize(batch.images),
                        .dot_products = codes.QuantizeDotProducts(batch.text.embeddings, batch.images),
                        .text = batch.text},
                       at::kFloat);
    last = terms.total.item<double>();
    if (step == 0) first = last;
    terms.total.backward();
    optimizer.Step(/*learning_rate=*/5e-3, optimizer.GradientNorm());
  }
  EXPECT_NEAR(first, std::log(6), 0.3);  // buckets are equally likely
  EXPECT_LT(last, 0.7 * first);

  const MadeUpWorld::Batch held_out = world.Draw(50);
  ASSERT_OK_AND_ASSIGN(const at::Tensor drawn, stage_->Sample(held_out.text, nullptr, 1));
  const double cosine = at::cosine_similarity(drawn, held_out.images, 1).mean().item<double>();
  const double chance = at::cosine_similarity(drawn.roll({1}, {0}), held_out.images, 1).mean().item<double>();
  EXPECT_GT(cosine, chance + 0.3);
}

}  // namespace
}  // namespace unclip::train
