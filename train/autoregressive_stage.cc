#include "train/autoregressive_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/where.h>

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "model/torch_guard.h"
#include "services/prior/autoregressive_sampler.h"
#include "train/fitted_codes.h"
#include "train/initialization.h"
#include "train/statistics_batches.h"

namespace unclip::train {
namespace {

double MeanCosine(const at::Tensor& a, const at::Tensor& b) { return at::cosine_similarity(a, b, 1).mean().item<double>(); }

}  // namespace

absl::StatusOr<std::unique_ptr<AutoregressiveStage>> AutoregressiveStage::Create(const std::string& text_to_image_dir,
                                                                                 std::unique_ptr<const FrozenClip> clip,
                                                                                 const AutoregressiveStageOptions& options) {
  ASSIGN_OR_RETURN(const prior::AutoregressiveConfig config,
                   prior::ReadAutoregressiveConfig(text_to_image_dir + "/" + prior::AutoregressiveConfig::kComponent));
  return std::unique_ptr<AutoregressiveStage>(new AutoregressiveStage(config, std::move(clip), options));
}

AutoregressiveStage::AutoregressiveStage(const prior::AutoregressiveConfig& config, std::unique_ptr<const FrozenClip> clip,
                                         const AutoregressiveStageOptions& options)
    : config_(config),
      clip_(std::move(clip)),
      options_(options),
      parameters_(prior::AutoregressiveConfig::kComponent, InitialValues(options.seed), prior::EmbeddingCodes::ParameterNames()) {
  const prior::AutoregressiveTransformer network(config_, parameters_);  // so that all parameters are known from the start
}

absl::Status AutoregressiveStage::Prepare(const Dataset& data) {
  std::vector<at::Tensor> images, texts;
  RETURN_IF_ERROR(
      ForEachStatisticsBatch(data, options_.statistics_pictures, options_.picture_size, [&](const TrainingBatch& batch) {
        images.push_back(clip_->EncodeImages(batch.pictures));
        texts.push_back(clip_->EncodeText(batch.captions).embeddings);
      }));
  return FitCodes(at::cat(images), at::cat(texts));
}

absl::Status AutoregressiveStage::FitCodes(const at::Tensor& images, const at::Tensor& texts) {
  if (images.size(0) < 2) return absl::InvalidArgumentError("one picture is too few to fit codes to");
  for (const auto& [name, value] : FitEmbeddingCodes(images, texts, config_)) RETURN_IF_ERROR(parameters_.Set(name, value));
  return absl::OkStatus();
}

prior::EmbeddingCodes AutoregressiveStage::Codes() const {
  // From the averages, which are constants like the values, as these come in the compute type.
  AveragedParameters averages(parameters_);
  return prior::EmbeddingCodes(config_, averages);
}

AutoregressiveStage::Terms AutoregressiveStage::LossOf(const Inputs& inputs, at::ScalarType compute_type) {
  parameters_.set_compute_type(compute_type);
  const prior::AutoregressiveTransformer network(config_, parameters_);
  const at::Tensor logits = network.PredictAll(inputs.dot_products, inputs.codes, inputs.text.embeddings,
                                               inputs.text.hidden_states, inputs.text.mask);  // [N, K, B]
  return {.total = at::cross_entropy_loss(logits.flatten(0, 1), inputs.codes.flatten()),      // [N × K, B], [N × K]
          .accuracy = (logits.detach().argmax(2) == inputs.codes).to(at::kFloat).mean()};
}

at::Tensor AutoregressiveStage::Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random,
                                     Figures& figures) {
  const int64_t count = batch.pictures.size(0);
  const at::Tensor images = clip_->EncodeImages(batch.pictures);
  const TextEncoding text = clip_->EncodeText(batch.captions);
  const prior::EmbeddingCodes codes = Codes();
  const at::Tensor keeps = at::rand({count}, random, at::kFloat) >= options_.drop_caption;
  const at::Tensor knows = keeps.logical_and(at::rand({count}, random, at::kFloat) >= options_.drop_dot_product);
  const at::Tensor dot_products = codes.QuantizeDotProducts(text.embeddings, images);  // [N]
  const Inputs inputs = {
      .codes = codes.Quantize(images),
      .dot_products = at::where(knows, dot_products, at::full_like(dot_products, config_.num_dot_product_buckets)),
      .text = text.OrWhere(keeps, clip_->empty_text())};
  const Terms terms = LossOf(inputs, compute_type);
  figures.emplace_back("accuracy", terms.accuracy.item<double>());
  return terms.total;
}

absl::StatusOr<at::Tensor> AutoregressiveStage::Sample(const TextEncoding& text, const TextEncoding* negative,
                                                       double guidance_scale) const {
  AveragedParameters averages(parameters_);
  const prior::AutoregressiveTransformer network(config_, averages);
  prior::AutoregressiveSampling sampling = {.text_embedding = text.embeddings,
                                            .hidden_states = text.hidden_states,
                                            .attention_mask = text.mask,
                                            .has_guidance = negative != nullptr,
                                            .guidance_scale = guidance_scale,
                                            .seed = 1};
  if (negative != nullptr) {
    const int64_t count = text.embeddings.size(0);
    const TextEncoding rows = negative->OrWhere(at::ones({count}, at::kBool), *negative);  // `count` rows
    sampling.text_embedding = at::cat({rows.embeddings, text.embeddings});                 // [2N, D]
    sampling.hidden_states = at::cat({rows.hidden_states, text.hidden_states});            // [2N, T, D]
    sampling.attention_mask = at::cat({rows.mask, text.mask});                             // [2N, T]
  }
  prior::AutoregressiveRun run(network, sampling);
  while (!run.done()) {
    prior::AutoregressiveRun* const runs[] = {&run};
    RETURN_IF_ERROR(prior::StepAutoregressive(runs).front());
  }
  return run.Embeddings();
}

absl::StatusOr<Figures> AutoregressiveStage::Validate(const HeldOut& held_out, const std::string& /*grid_path*/) {
  return model::TorchGuard([&]() -> absl::StatusOr<Figures> {
    ASSIGN_OR_RETURN(const TrainingBatch batch, ReadHeldOut(held_out, options_.validation_pictures, options_.picture_size));
    const TextEncoding text = clip_->EncodeText(batch.captions);
    const at::Tensor truth = clip_->EncodeImages(batch.pictures);
    ASSIGN_OR_RETURN(const at::Tensor plain, Sample(text, nullptr, 1));
    ASSIGN_OR_RETURN(const at::Tensor guided, Sample(text, &clip_->empty_text(), options_.guidance_scale));
    const prior::EmbeddingCodes codes = Codes();
    return Figures{{"cosine", MeanCosine(plain, truth)},
                   {"cosine_guided", MeanCosine(guided, truth)},
                   {"cosine_quantized", MeanCosine(codes.Dequantize(codes.Quantize(truth)), truth)},
                   {"cosine_components", MeanCosine(codes.Reconstruct(codes.Project(truth)), truth)},
                   {"cosine_text", MeanCosine(text.embeddings, truth)}};
  });
}

}  // namespace unclip::train
