#include "train/clip_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/torch_guard.h"
#include "services/clip/clip_text_model.h"
#include "services/clip/clip_vision_model.h"
#include "train/initialization.h"

namespace unclip::train {
namespace {

at::Tensor Unit(const at::Tensor& rows) { return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12); }

TrainableParameters::Initializer InitialLogitScale(double temperature) {
  return [temperature](const model::Parameter& parameter) {
    return at::full(parameter.shape, std::log(1 / temperature), at::kFloat);
  };
}

// The share of rows whose largest score [N, N] is their own.
double OwnIsNearest(const at::Tensor& scores) {
  return (scores.argmax(1) == at::arange(scores.size(0))).to(at::kDouble).mean().item<double>();
}

}  // namespace

at::Tensor ContrastiveLoss(const at::Tensor& image_embeddings, const at::Tensor& text_embeddings, const at::Tensor& ids,
                           const at::Tensor& logit_scale) {
  const at::Tensor logits = logit_scale * at::matmul(Unit(text_embeddings), Unit(image_embeddings).t());  // [N, N]
  const at::Tensor same = (ids.unsqueeze(1) == ids.unsqueeze(0)).all(-1).to(at::kFloat);                  // [N, N]
  const at::Tensor target = same / same.sum(1, /*keepdim=*/true);
  const auto cross_entropy = [&](const at::Tensor& scores) { return -(target * at::log_softmax(scores, 1)).sum(1).mean(); };
  return (cross_entropy(logits) + cross_entropy(logits.t())) / 2;
}

absl::StatusOr<std::unique_ptr<ClipStage>> ClipStage::Create(const std::string& text_to_image_dir,
                                                             const std::string& image_variation_dir,
                                                             const ClipStageOptions& options) {
  ASSIGN_OR_RETURN(const clip::ClipTextConfig text, clip::ReadClipTextConfig(text_to_image_dir + "/text_encoder"));
  ASSIGN_OR_RETURN(const clip::ClipVisionConfig vision, clip::ReadClipVisionConfig(image_variation_dir + "/image_encoder"));
  ASSIGN_OR_RETURN(std::unique_ptr<const clip::BpeTokenizer> tokenizer,
                   clip::BpeTokenizer::Load(text_to_image_dir + "/tokenizer"));
  ASSIGN_OR_RETURN(PixelNormalization normalization,
                   PixelNormalization::Read(image_variation_dir + "/feature_extractor", vision.image_size));
  if (text.projection_dim != vision.projection_dim) {
    return absl::InvalidArgumentError(
        absl::StrCat(image_variation_dir, "/image_encoder/config.json: option \"projection_dim\" = ", vision.projection_dim,
                     " must be the text encoder's, ", text.projection_dim));
  }
  return std::unique_ptr<ClipStage>(new ClipStage(text, vision, std::move(tokenizer), std::move(normalization), options));
}

ClipStage::ClipStage(const clip::ClipTextConfig& text_config, const clip::ClipVisionConfig& vision_config,
                     std::unique_ptr<const clip::BpeTokenizer> tokenizer, PixelNormalization normalization,
                     const ClipStageOptions& options)
    : text_config_(text_config),
      vision_config_(vision_config),
      tokenizer_(std::move(tokenizer)),
      normalization_(std::move(normalization)),
      options_(options),
      text_("text_encoder", InitialValues(options.seed)),
      vision_("image_encoder", InitialValues(options.seed + 1)),
      temperature_("", InitialLogitScale(options.first_temperature)) {
  // So that all parameters are known from the start.
  const clip::ClipTextModel text(text_config_, text_);
  const clip::ClipVisionModel vision(vision_config_, vision_);
  temperature_.Get("logit_scale", {});
}

at::Tensor ClipStage::LossOf(const Inputs& inputs, at::ScalarType compute_type) {
  text_.set_compute_type(compute_type);
  vision_.set_compute_type(compute_type);
  const clip::ClipTextModel text(text_config_, text_);
  const clip::ClipVisionModel vision(vision_config_, vision_);
  const at::Tensor scale = at::exp(temperature_.Get("logit_scale", {})).clamp_max(options_.max_logit_scale);
  return ContrastiveLoss(vision.Forward(inputs.pixels).image_embeds.to(at::kFloat),
                         text.Forward(inputs.ids).text_embeds.to(at::kFloat), inputs.ids, scale);
}

at::Tensor ClipStage::Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& /*random*/,
                           Figures& /*figures*/) {
  return LossOf({.pixels = normalization_(batch.pictures), .ids = Tokenize(*tokenizer_, batch.captions).ids}, compute_type);
}

absl::StatusOr<Figures> ClipStage::Validate(const HeldOut& held_out, const std::string& /*grid_path*/) {
  return model::TorchGuard([&]() -> absl::StatusOr<Figures> {
    ASSIGN_OR_RETURN(const TrainingBatch batch, ReadHeldOut(held_out, options_.validation_pictures, vision_config_.image_size));
    AveragedParameters text_averages(text_), vision_averages(vision_);
    const clip::ClipTextModel text(text_config_, text_averages);
    const clip::ClipVisionModel vision(vision_config_, vision_averages);
    const at::Tensor scores = at::matmul(Unit(text.Forward(Tokenize(*tokenizer_, batch.captions).ids).text_embeds),
                                         Unit(vision.Forward(normalization_(batch.pictures)).image_embeds).t());  // [N, N]
    return Figures{{"text_to_image", OwnIsNearest(scores)}, {"image_to_text", OwnIsNearest(scores.t())}};
  });
}

}  // namespace unclip::train
