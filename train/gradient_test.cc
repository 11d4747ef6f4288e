// One training step of each stage against PyTorch's: the loss and every gradient, as tests/gradients/make_expected.py has them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "train/clip_stage.h"
#include "train/decoder_stage.h"
#include "train/prior_stage.h"
#include "train/tensor_file.h"
#include "train/upsampler_stage.h"

namespace unclip::train {
namespace {

constexpr char kCheckpoint[] = "tests/goldens/odd-shapes";
constexpr char kText[] = "tests/goldens/odd-shapes/text-to-image";
constexpr char kImages[] = "tests/goldens/odd-shapes/image-variation";

// Of the largest value of a gradient: float32 sums in another order.
constexpr double kTolerance = 2e-4;
// The bias of a layer's keys has no gradient but for rounding, as it moves all scores alike; so a gradient's size counts as no
// less than this share of the largest in the component.
constexpr double kSmallest = 1e-3;

TensorFile Expected(const std::string& stage) {
  absl::StatusOr<TensorFile> file = ReadTensorFile(absl::StrCat("tests/gradients/expected/", stage, ".safetensors"));
  EXPECT_OK(file);
  return file.ok() ? *std::move(file) : TensorFile{};
}

// Gives every component of `stage` the checkpoint's weights.
void TakeWeights(TrainingStage& stage) {
  for (TrainableParameters* parameters : stage.parameters()) {
    if (parameters->component().empty()) continue;
    const std::string half = parameters->component() == "image_encoder" ? "/image-variation/" : "/text-to-image/";
    const std::string dir = absl::StrCat(kCheckpoint, half, parameters->component());
    const bool is_tower = absl::EndsWith(dir, "_encoder");
    ASSERT_OK_AND_ASSIGN(const TensorFile file,
                         ReadTensorFile(dir + (is_tower ? "/model.safetensors" : "/diffusion_pytorch_model.safetensors")));
    for (const auto& [name, tensor] : file.tensors) {
      if (parameters->Has(name)) {
        ASSERT_OK(parameters->Set(name, tensor.to(at::kFloat)));
      }
    }
  }
}

double LargestOf(const at::Tensor& values) { return values.numel() == 0 ? 0 : at::abs(values).max().item<double>(); }

// The largest value of a component's gradients.
double LargestGradient(const TrainableParameters& parameters) {
  double largest = 0;
  for (const TrainableParameters::Entry& entry : parameters.list()) {
    if (entry.value.grad().defined()) largest = std::max(largest, LargestOf(entry.value.grad()));
  }
  return largest;
}

void ExpectGradients(TrainingStage& stage, const TensorFile& expected) {
  size_t compared = 0;
  for (const TrainableParameters* parameters : stage.parameters()) {
    const double smallest = kSmallest * LargestGradient(*parameters);
    for (const TrainableParameters::Entry& entry : parameters->list()) {
      const std::string name = absl::StrCat(parameters->component(), "/", entry.name);
      if (!entry.value.requires_grad()) continue;
      const at::Tensor wanted = expected.Find("grad/" + name);
      ASSERT_TRUE(wanted.defined()) << name;
      at::Tensor actual = entry.value.grad();
      ASSERT_TRUE(actual.defined()) << name;
      if (const at::Tensor rows = expected.Find("rows/" + name); rows.defined()) {
        EXPECT_EQ(LargestOf(actual.index_fill(0, rows, 0)), 0) << name << ": the rest of the table took no part";
        actual = actual.index_select(0, rows);
      }
      EXPECT_LT(LargestOf(actual - wanted), kTolerance * std::max(LargestOf(wanted), smallest)) << name;
      ++compared;
    }
  }
  size_t wanted = 0;
  for (const auto& [name, tensor] : expected.tensors) wanted += absl::StartsWith(name, "grad/") ? 1 : 0;
  EXPECT_EQ(compared, wanted);
}

void ExpectLossAndGradients(TrainingStage& stage, const at::Tensor& loss, const TensorFile& expected) {
  const double wanted = expected.Find("loss").item<double>();
  EXPECT_NEAR(loss.item<double>(), wanted, 1e-5 * std::abs(wanted));
  loss.backward();
  ExpectGradients(stage, expected);
}

TextEncoding TextOf(const TensorFile& file) {
  return {.embeddings = file.Find("in/text_embeddings"),
          .hidden_states = file.Find("in/hidden_states"),
          .mask = file.Find("in/mask")};
}

TEST(GradientTest, ClipEqualsPyTorch) {
  const TensorFile expected = Expected("clip");
  ASSERT_OK_AND_ASSIGN(const auto stage, ClipStage::Create(kText, kImages, {}));
  TakeWeights(*stage);
  ExpectLossAndGradients(
      *stage, stage->LossOf({.pixels = expected.Find("in/pixels"), .ids = expected.Find("in/ids")}, at::kFloat), expected);
}

TEST(GradientTest, PriorEqualsPyTorch) {
  const TensorFile expected = Expected("prior");
  ASSERT_OK_AND_ASSIGN(const auto stage, PriorStage::Create(kText, /*clip=*/nullptr, {}));
  TakeWeights(*stage);
  const PriorStage::Inputs inputs = {.embeddings = expected.Find("in/embeddings"),
                                     .text = TextOf(expected),
                                     .timesteps = expected.Find("in/timesteps"),
                                     .noise = expected.Find("in/noise")};
  ExpectLossAndGradients(*stage, stage->LossOf(inputs, at::kFloat).total, expected);
}

TEST(GradientTest, DecoderEqualsPyTorch) {
  const TensorFile expected = Expected("decoder");
  ASSERT_OK_AND_ASSIGN(const auto stage, DecoderStage::Create(kText, /*clip=*/nullptr, {}));
  TakeWeights(*stage);
  const DecoderStage::Inputs inputs = {.pictures = expected.Find("in/pictures"),
                                       .image_embeddings = expected.Find("in/image_embeddings"),
                                       .drops_image_embedding = expected.Find("in/drops").to(at::kBool),
                                       .text = TextOf(expected),
                                       .timesteps = expected.Find("in/timesteps"),
                                       .noise = expected.Find("in/noise")};
  ExpectLossAndGradients(*stage, stage->LossOf(inputs, at::kFloat).total, expected);
}

TEST(GradientTest, UpsamplerEqualsPyTorch) {
  const TensorFile expected = Expected("upsampler");
  UpsamplerStageOptions options;
  options.loss = {.weighting = LossWeighting::kHighNoise, .weighting_limit = 60, .variational_weight = 0};
  ASSERT_OK_AND_ASSIGN(const auto stage, UpsamplerStage::Create(kText, options));
  TakeWeights(*stage);
  const UpsamplerStage::Inputs inputs = {.pictures = expected.Find("in/pictures"),
                                         .upscaled = expected.Find("in/upscaled"),
                                         .timesteps = expected.Find("in/timesteps"),
                                         .noise = expected.Find("in/noise")};
  ExpectLossAndGradients(*stage, stage->LossOf(inputs, at::kFloat).total, expected);
}

TEST(GradientTest, Bfloat16IsNear) {
  const TensorFile expected = Expected("prior");
  ASSERT_OK_AND_ASSIGN(const auto stage, PriorStage::Create(kText, /*clip=*/nullptr, {}));
  TakeWeights(*stage);
  const PriorStage::Inputs inputs = {.embeddings = expected.Find("in/embeddings"),
                                     .text = TextOf(expected),
                                     .timesteps = expected.Find("in/timesteps"),
                                     .noise = expected.Find("in/noise")};
  const DiffusionLoss::Terms terms = stage->LossOf(inputs, at::kBFloat16);
  EXPECT_NEAR(terms.total.item<double>(), expected.Find("loss").item<double>(), 0.05);
  terms.total.backward();
  const TrainableParameters::Entry* entry = stage->parameters().front()->Find("proj_in.weight");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->value.grad().scalar_type(), at::kFloat);
  const at::Tensor wanted = expected.Find("grad/prior/proj_in.weight");
  EXPECT_LT(LargestOf(entry->value.grad() - wanted), 0.1 * LargestOf(wanted));
}

}  // namespace
}  // namespace unclip::train
