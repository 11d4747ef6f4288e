#include "train/frozen_clip.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <utility>

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::train {
namespace {

// What CLIP said, as float32. A tensor made in inference mode cannot take part in a computation with gradients; its copy can.
at::Tensor Usable(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kFloat);
  return values.is_inference() ? values.clone() : values;
}

}  // namespace

TextEncoding TextEncoding::OrWhere(const at::Tensor& chosen, const TextEncoding& other) const {
  const at::Tensor rows = chosen.unsqueeze(1);  // [N, 1]
  return {.embeddings = at::where(rows, embeddings, other.embeddings),
          .hidden_states = at::where(rows.unsqueeze(2), hidden_states, other.hidden_states),
          .mask = at::where(rows, mask, other.mask)};
}

at::Tensor PixelNormalization::operator()(const at::Tensor& pictures) const {
  at::Tensor x = pictures;
  if (x.size(2) != size) x = at::_upsample_bicubic2d_aa(x, {size, size}, /*align_corners=*/false).clamp(-1, 1);
  const at::Tensor means = at::tensor(mean, at::kFloat).reshape({1, 3, 1, 1});
  const at::Tensor deviations = at::tensor(deviation, at::kFloat).reshape({1, 3, 1, 1});
  return (x * 0.5 + 0.5 - means) / deviations;  // [N, 3, size, size]
}

absl::StatusOr<PixelNormalization> PixelNormalization::Read(const std::string& feature_extractor_dir, int size) {
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(feature_extractor_dir + "/preprocessor_config.json"));
  PixelNormalization result = {.mean = {}, .deviation = {}, .size = size};
  for (const double value : reader.DoubleList("image_mean", 0, 1)) result.mean.push_back(static_cast<float>(value));
  for (const double value : reader.DoubleList("image_std", 1e-3, 10)) result.deviation.push_back(static_cast<float>(value));
  reader.Check(result.mean.size() == 3 && result.deviation.size() == 3, "image_mean", "and image_std must have 3 values");
  RETURN_IF_ERROR(reader.status());
  return result;
}

CaptionTokens Tokenize(const clip::BpeTokenizer& tokenizer, const std::vector<std::string>& captions) {
  std::vector<at::Tensor> ids, masks;
  for (const std::string& caption : captions) {
    const clip::PaddedTokens tokens = tokenizer.Pad(tokenizer.Encode(caption).ids);
    ids.push_back(clip::TokenTensor(tokens));
    masks.push_back(clip::MaskTensor(tokens));
  }
  return {.ids = at::cat(ids), .mask = at::cat(masks).to(at::kFloat)};  // [N, T] each
}

absl::StatusOr<std::unique_ptr<const FrozenClip>> FrozenClip::Load(const std::string& text_to_image_dir,
                                                                   const std::string& image_variation_dir, at::ScalarType type) {
  ASSIGN_OR_RETURN(const model::Checkpoint text_half, model::Checkpoint::Open(text_to_image_dir));
  ASSIGN_OR_RETURN(const model::Checkpoint image_half, model::Checkpoint::Open(image_variation_dir));
  ASSIGN_OR_RETURN(std::unique_ptr<const clip::ClipText> text, clip::LoadClipText(text_half, type));
  ASSIGN_OR_RETURN(std::unique_ptr<const clip::ClipVision> vision, clip::LoadClipVision(image_half, type));
  ASSIGN_OR_RETURN(const std::string extractor_dir, image_half.ComponentDir("feature_extractor"));
  ASSIGN_OR_RETURN(PixelNormalization normalization,
                   PixelNormalization::Read(extractor_dir, vision->network.config().image_size));
  return std::unique_ptr<const FrozenClip>(new FrozenClip(std::move(text), std::move(vision), std::move(normalization)));
}

FrozenClip::FrozenClip(std::unique_ptr<const clip::ClipText> text, std::unique_ptr<const clip::ClipVision> vision,
                       PixelNormalization normalization)
    : text_(std::move(text)), vision_(std::move(vision)), normalization_(std::move(normalization)) {
  empty_text_ = EncodeText({""});
}

TextEncoding FrozenClip::EncodeText(const std::vector<std::string>& captions) const {
  const at::NoGradGuard no_grad;
  const CaptionTokens tokens = Tokenize(*text_->tokenizer, captions);
  const clip::ClipTextModel::Output output = text_->network.Forward(tokens.ids);
  return {.embeddings = Usable(output.text_embeds), .hidden_states = Usable(output.last_hidden_state), .mask = tokens.mask};
}

at::Tensor FrozenClip::EncodeImages(const at::Tensor& pictures) const {
  const at::NoGradGuard no_grad;
  return Usable(vision_->network.Forward(normalization_(pictures)).image_embeds);  // [N, D]
}

}  // namespace unclip::train
