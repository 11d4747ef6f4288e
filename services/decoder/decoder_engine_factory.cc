#include "services/decoder/decoder_engine_factory.h"

#include <ATen/ops/cat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/nn/tensor_view.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/config_reader.h"
#include "model/weights/dtype_option.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/decoder_model.h"
#include "services/decoder/picture.h"
#include "services/decoder/upsampler.h"

namespace unclip::decoder {
namespace {

class TorchDecoderEngine final : public DecoderEngine {
 public:
  TorchDecoderEngine(std::unique_ptr<const DecoderModel> model, DecoderModelInfo info)
      : model_(std::move(model)), info_(std::move(info)) {}

  const DecoderModelInfo& info() const override { return info_; }

  absl::StatusOr<DecodedImage> Decode(const DecodeImageInput& input, const DecodeStepCallback& on_step) override {
    return model::TorchGuard([&]() -> absl::StatusOr<DecodedImage> {
      model::UseThreads(info_.thread_count);
      model::PhiloxNoise noise(input.seed);
      DecodedImage result;
      const absl::Duration start = Clock::Real().Now();
      ASSIGN_OR_RETURN(at::Tensor picture,
                       SampleBase(model_->unet, model_->text_projection, model_->scheduler, ToSampling(input), noise,
                                  Observer(input, /*stage=*/0, input.decoder_step_count, on_step)));  // [1, 3, S, S]
      result.decoder_duration = Clock::Real().Now() - start;
      for (size_t i = 0; i < model_->upsamplers.size(); ++i) {
        const UpsamplerModel& upsampler = *model_->upsamplers[i];
        const int step_count = input.super_res_step_counts[i];
        ASSIGN_OR_RETURN(picture, Upsample(upsampler.networks(), upsampler.scheduler, picture.clamp(-1, 1), step_count, noise,
                                           model::NoiseKey::kSuperRes + static_cast<uint32_t>(i),
                                           Observer(input, static_cast<int>(i) + 1, step_count, on_step)));  // [1, 3, S', S']
      }
      result.image = ToRgbImage(picture, 0);
      result.super_res_duration = Clock::Real().Now() - start - result.decoder_duration;
      return result;
    });
  }

 private:
  // Reports each step, with a preview when one is due.
  static model::DenoiseObserver Observer(const DecodeImageInput& input, int stage, int step_count,
                                         const DecodeStepCallback& on_step) {
    return [&input, stage, step_count, &on_step](int step, const at::Tensor& original_sample) {
      DecodeProgress progress;
      progress.stage = stage;
      progress.step = step;
      progress.step_count = step_count;
      if (input.preview_step_interval > 0 && step % input.preview_step_interval == 0)
        progress.preview = ToRgbImage(original_sample, 0);
      return on_step(std::move(progress));
    };
  }

  BaseSampling ToSampling(const DecodeImageInput& input) const {
    const std::vector<int64_t> hidden_shape = {1, info_.context_length, info_.hidden_dim};
    const std::vector<int64_t> embedding_shape = {1, info_.embedding_dim};
    BaseSampling sampling = {.image_embeddings = model::ViewFloats(input.image_embedding, embedding_shape),     // [1, D]
                             .text_embeddings = model::ViewFloats(input.text.text_embedding, embedding_shape),  // [1, D]
                             .hidden_states = model::ViewFloats(input.text.hidden_states, hidden_shape),        // [1, T, W]
                             .attention_mask = model::ViewMask(input.text.attention_mask),                      // [1, T]
                             .step_count = input.decoder_step_count,
                             .has_guidance = input.guidance_scale > 1,
                             .guidance_scale = input.guidance_scale};
    if (sampling.has_guidance) {
      const TextConditioning& negative = input.negative_text;
      sampling.text_embeddings =
          at::cat({model::ViewFloats(negative.text_embedding, embedding_shape), sampling.text_embeddings});  // [2, D]
      sampling.hidden_states =
          at::cat({model::ViewFloats(negative.hidden_states, hidden_shape), sampling.hidden_states});          // [2, T, W]
      sampling.attention_mask = at::cat({model::ViewMask(negative.attention_mask), sampling.attention_mask});  // [2, T]
    }
    return sampling;
  }

  std::unique_ptr<const DecoderModel> model_;
  DecoderModelInfo info_;
};

// One short run on nothing in particular: finds weights that are not finite, and leaves everything warm.
absl::Status WarmUp(DecoderEngine& engine) {
  const DecoderModelInfo& info = engine.info();
  DecodeImageInput input;
  input.image_embedding.assign(info.embedding_dim, 0.0F);
  input.text = {.text_embedding = std::vector<float>(info.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info.context_length) * info.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  input.super_res_step_counts.assign(info.super_res_sizes.size(), 2);
  return engine.Decode(input, [](const DecodeProgress& /*progress*/) { return absl::OkStatus(); }).status();
}

// Token positions of a prompt. The decoder's own networks read any number, so the text encoder's config decides.
absl::StatusOr<int> ReadContextLength(const model::Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir("text_encoder"));
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Open(dir + "/config.json"));
  const int context_length = static_cast<int>(reader.Int("max_position_embeddings", 2, 1 << 16, 77));
  RETURN_IF_ERROR(reader.status());
  return context_length;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DecoderEngine>> LoadDecoderEngine(const DecoderEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype));
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  DecoderModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = options.dtype;
  info.thread_count = model::UseThreads(options.thread_count);
  std::vector<std::string> components = {"text_proj", "decoder", "decoder_scheduler"};
  for (int i = 0; i < UpsamplerCount(checkpoint); ++i) {
    const UpsamplerComponents upsampler = UpsamplerComponentsAt(i);
    components.insert(components.end(), {upsampler.first, upsampler.last, upsampler.scheduler});
  }
  ASSIGN_OR_RETURN(info.fingerprint, checkpoint.Fingerprint(components));
  ASSIGN_OR_RETURN(info.context_length, ReadContextLength(checkpoint));
  ASSIGN_OR_RETURN(std::unique_ptr<const DecoderModel> model, LoadDecoderModel(checkpoint, dtype));
  info.parameter_count = model->parameter_count;
  info.embedding_dim = model->text_projection.config().clip_embeddings_dim;
  info.hidden_dim = info.embedding_dim;  // the projection reads hidden states as wide as embeddings
  info.base_size = model->unet.config().sample_size;
  for (const auto& upsampler : model->upsamplers) info.super_res_sizes.push_back(upsampler->first.config().sample_size);
  auto engine = std::make_unique<TorchDecoderEngine>(std::move(model), std::move(info));
  if (absl::Status status = WarmUp(*engine); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(checkpoint.dir(), ": warm-up failed: ", status.message()));
  }
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::decoder
