#include "services/clip/clip_engine_factory.h"

#include <ATen/ops/isfinite.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/device_option.h"
#include "model/nn/tensor_view.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/dtype_option.h"
#include "services/clip/clip_model.h"

namespace unclip::clip {
namespace {

absl::Status CheckFinite(const at::Tensor& tensor, absl::string_view what) {
  if (at::isfinite(tensor).all().item<bool>()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the ", what, " gave values that are not finite"));
}

class TorchClipEngine final : public ClipEngine {
 public:
  TorchClipEngine(std::unique_ptr<const ClipText> text, std::unique_ptr<const ClipVision> vision, ClipModelInfo info)
      : text_(std::move(text)), vision_(std::move(vision)), info_(std::move(info)) {}

  const ClipModelInfo& info() const override { return info_; }

  absl::StatusOr<TextEmbedding> EmbedText(absl::string_view prompt) override {
    return model::TorchGuard([&]() -> absl::StatusOr<TextEmbedding> {
      model::UseThreads(info_.thread_count);
      const TokenizedText tokens = text_->tokenizer->Encode(prompt);
      PaddedTokens padded = text_->tokenizer->Pad(tokens.ids);
      const ClipTextModel::Output output = text_->network.Forward(TokenTensor(padded));  // [1, D] and [1, T, W]
      RETURN_IF_ERROR(CheckFinite(output.last_hidden_state, "text encoder"));
      RETURN_IF_ERROR(CheckFinite(output.text_embeds, "text encoder"));
      return TextEmbedding{.conditioning = {.text_embedding = model::ToFloats(output.text_embeds),
                                            .hidden_states = model::ToFloats(output.last_hidden_state),
                                            .attention_mask = std::move(padded.mask)},
                           .token_count = static_cast<int>(tokens.ids.size()),
                           .truncated = tokens.truncated};
    });
  }

  absl::StatusOr<std::vector<float>> EmbedImage(const RgbImage& image) override {
    if (vision_ == nullptr) return absl::UnimplementedError("the checkpoint has no image encoder");
    ASSIGN_OR_RETURN(const std::vector<float> pixels, vision_->preprocessor.Process(image));
    return model::TorchGuard([&]() -> absl::StatusOr<std::vector<float>> {
      model::UseThreads(info_.thread_count);
      const int64_t size = vision_->network.config().image_size;
      const at::Tensor embedding =
          vision_->network.Forward(model::ViewFloats(pixels, {1, 3, size, size})).image_embeds;  // [1, D]
      RETURN_IF_ERROR(CheckFinite(embedding, "image encoder"));
      return model::ToFloats(embedding);
    });
  }

 private:
  std::unique_ptr<const ClipText> text_;
  std::unique_ptr<const ClipVision> vision_;  // null without an image encoder
  ClipModelInfo info_;
};

// The checkpoint that has the image encoder, if any: `checkpoint` itself or the one that `options` names.
absl::StatusOr<std::unique_ptr<const ClipVision>> LoadVision(const ClipEngineOptions& options,
                                                             const model::Checkpoint& checkpoint,
                                                             const at::TensorOptions& weights) {
  if (!options.variation_checkpoint.empty()) {
    ASSIGN_OR_RETURN(const model::Checkpoint variation, model::Checkpoint::Open(options.variation_checkpoint));
    return LoadClipVision(variation, weights);
  }
  if (!checkpoint.HasComponent("image_encoder")) return nullptr;
  return LoadClipVision(checkpoint, weights);
}

// One prompt and one picture: finds weights that are not finite, and leaves everything warm.
absl::Status WarmUp(ClipEngine& engine) {
  RETURN_IF_ERROR(engine.EmbedText("a picture").status());
  if (!engine.info().embeds_images) return absl::OkStatus();
  constexpr int kSize = 8;
  constexpr size_t kSamples = size_t{3} * kSize * kSize;
  return engine.EmbedImage({.width = kSize, .height = kSize, .pixels = std::vector<uint8_t>(kSamples, 128)}).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClipEngine>> LoadClipEngine(const ClipEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::Device device, model::ParseDevice(options.device));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype, device));
  model::PrepareDevice(device);
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  ClipModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = model::ServingDtypeName(dtype);
  info.thread_count = model::UseThreads(options.thread_count);
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint({"tokenizer", "text_encoder"}));
  const at::TensorOptions weights = at::TensorOptions(device).dtype(dtype);
  ASSIGN_OR_RETURN(std::unique_ptr<const ClipText> text, LoadClipText(checkpoint, weights));
  ASSIGN_OR_RETURN(std::unique_ptr<const ClipVision> vision, LoadVision(options, checkpoint, weights));
  const ClipTextConfig& config = text->network.config();
  if (vision != nullptr && vision->network.config().projection_dim != config.projection_dim) {
    return absl::InvalidArgumentError(absl::StrCat("image_encoder: projection_dim is ", vision->network.config().projection_dim,
                                                   ", but the text encoder's is ", config.projection_dim));
  }
  info.parameter_count = text->parameter_count + (vision != nullptr ? vision->parameter_count : 0);
  info.embedding_dim = config.projection_dim;
  info.context_length = config.max_position_embeddings;
  info.hidden_dim = config.encoder.hidden_size;
  info.embeds_images = vision != nullptr;
  auto engine = std::make_unique<TorchClipEngine>(std::move(text), std::move(vision), std::move(info));
  if (absl::Status status = WarmUp(*engine); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), ": warm-up failed: ", status.message()));
  }
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::clip
