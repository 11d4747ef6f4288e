#include "services/decoder/torch_decoder_engine.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "common/conditioning/text_conditioning.h"
#include "model/diffusion/philox_noise.h"
#include "model/nn/tensor_view.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/picture.h"
#include "services/decoder/upsampler.h"

namespace unclip::decoder {
namespace {

BaseSampling ToSampling(const DecodeImageInput& input, const DecoderModelInfo& info) {
  const std::vector<int64_t> hidden_shape = {1, info.context_length, info.hidden_dim};
  const std::vector<int64_t> embedding_shape = {1, info.embedding_dim};
  BaseSampling sampling = {.image_embeddings = model::ViewFloats(input.image_embedding, embedding_shape),  // [1, D]
                           .text_embeddings = {},
                           .hidden_states = {},
                           .attention_mask = {},
                           .sampler = input.decoder_sampling.WithSteps(input.decoder_step_count),
                           .has_guidance = input.guidance_scale > 1,
                           .guidance_scale = input.guidance_scale,
                           .guidance_interval = input.decoder_sampling.guidance_interval,
                           .deep_feature_interval = input.decoder_sampling.deep_feature_interval};
  std::vector<const TextConditioning*> texts = {&input.text};
  if (sampling.has_guidance) texts.insert(texts.begin(), &input.negative_text);
  std::vector<at::Tensor> embeddings, states, masks;
  for (const TextConditioning* text : texts) {
    embeddings.push_back(model::ViewFloats(text->text_embedding, embedding_shape));
    states.push_back(model::ViewFloats(text->hidden_states, hidden_shape));
    masks.push_back(model::ViewMask(text->attention_mask));
  }
  sampling.text_embeddings = at::cat(embeddings);  // [1 or 2, D]
  sampling.hidden_states = at::cat(states);        // [1 or 2, T, W]
  sampling.attention_mask = at::cat(masks);        // [1 or 2, T]
  return sampling;
}

// Steps that cannot share a forward pass: full ones, those that reuse features, and those of an upsampler's last network.
constexpr int kGroupsPerStage = 3;

// A request on its way through the stages: 0 is the base decoder, i ≥ 1 upsampler i - 1.
class TorchDecoderRun final : public DecoderRun {
 public:
  static absl::StatusOr<std::unique_ptr<TorchDecoderRun>> Start(const DecoderModel& model, const DecoderModelInfo& info,
                                                                const DecodeImageInput& input) {
    std::unique_ptr<TorchDecoderRun> run(new TorchDecoderRun(model, info, input));
    ASSIGN_OR_RETURN(run->base_, BaseSamplingRun::Start(model.unet, model.text_projection, model.scheduler,
                                                        ToSampling(input, info), run->noise_));
    return run;
  }

  DecodeNeed need() const override {
    DecodeNeed need = FirstNeed(input_, info_);
    for (int stage = 0; stage < stage_; ++stage) need.remaining -= info_.step_durations[stage] * StepCount(stage);
    need.remaining -= info_.step_durations[stage_] * denoise().step();
    if (stage_ == 0) {
      need.rows = static_cast<int>(base_->row_count());
      need.group = base_->reuses_features() ? 1 : 0;
      return need;
    }
    const int scale = info_.super_res_sizes[stage_ - 1] / info_.base_size;
    need.rows = scale * scale;
    need.group = kGroupsPerStage * stage_ + (upsampling_->at_last_step() ? 2 : upsampling_->reuses_features() ? 1 : 0);
    return need;
  }

  bool done() const override { return done_; }
  DecodeProgress progress() const override { return progress_; }

  BaseSamplingRun* base() { return base_.get(); }            // null once it is done
  UpsamplingRun* upsampling() { return upsampling_.get(); }  // null until then

  // To be called after each step.
  absl::Status AfterStep() {
    progress_ = {.stage = stage_, .step = denoise().step(), .step_count = denoise().step_count(), .preview = {}};
    if (input_.preview_step_interval > 0 && progress_.step % input_.preview_step_interval == 0) {
      progress_.preview = ToRgbImage(denoise().original_sample(), 0);
    }
    return denoise().done() ? NextStage() : absl::OkStatus();
  }

  const at::Tensor& picture() const { return picture_; }  // [1, 3, S, S] once done()

 private:
  TorchDecoderRun(const DecoderModel& model, const DecoderModelInfo& info, const DecodeImageInput& input)
      : model_(model), info_(info), input_(input), noise_(input.seed) {}

  const model::DenoiseRun& denoise() const { return base_ ? base_->denoise() : upsampling_->denoise(); }
  int StepCount(int stage) const { return stage == 0 ? input_.decoder_step_count : input_.super_res_step_counts[stage - 1]; }

  absl::Status NextStage() {
    picture_ = base_ ? base_->Pictures() : upsampling_->Pictures();
    base_.reset();
    upsampling_.reset();
    done_ = stage_ == static_cast<int>(model_.upsamplers.size());
    if (done_) return absl::OkStatus();
    const UpsamplerModel& next = *model_.upsamplers[stage_];
    const Upsampling upsampling = {.pictures = picture_.clamp(-1, 1),
                                   .sampler = input_.super_res_sampling.WithSteps(StepCount(stage_ + 1)),
                                   .deep_feature_interval = input_.super_res_sampling.deep_feature_interval};
    ASSIGN_OR_RETURN(upsampling_, UpsamplingRun::Start(next.networks(), next.scheduler, upsampling, noise_,
                                                       model::NoiseKey::kSuperRes + static_cast<uint32_t>(stage_)));
    ++stage_;
    return absl::OkStatus();
  }

  const DecoderModel& model_;
  const DecoderModelInfo& info_;
  const DecodeImageInput& input_;
  model::PhiloxNoise noise_;
  int stage_ = 0;
  bool done_ = false;
  DecodeProgress progress_;
  at::Tensor picture_;
  std::unique_ptr<BaseSamplingRun> base_;
  std::unique_ptr<UpsamplingRun> upsampling_;
};

// Steps runs that are all in the same stage.
std::vector<absl::Status> StepTogether(absl::Span<DecoderRun* const> runs, model::RowLanes* lanes) {
  std::vector<BaseSamplingRun*> base;
  std::vector<UpsamplingRun*> upsampling;
  for (DecoderRun* run : runs) {
    auto* torch_run = static_cast<TorchDecoderRun*>(run);
    if (torch_run->base() != nullptr) {
      base.push_back(torch_run->base());
    } else {
      upsampling.push_back(torch_run->upsampling());
    }
  }
  std::vector<absl::Status> results = base.empty() ? StepUpsampling(upsampling, lanes) : StepBase(base, lanes);
  for (size_t i = 0; i < runs.size(); ++i) {
    if (results[i].ok()) results[i] = static_cast<TorchDecoderRun*>(runs[i])->AfterStep();
  }
  return results;
}

}  // namespace

TorchDecoderEngine::TorchDecoderEngine(std::unique_ptr<const DecoderModel> model, DecoderModelInfo info)
    : model_(std::move(model)), info_(std::move(info)), lanes_(info_.thread_count) {}

absl::StatusOr<std::unique_ptr<DecoderRun>> TorchDecoderEngine::Start(const DecodeImageInput& input) {
  return model::TorchGuard([&]() -> absl::StatusOr<std::unique_ptr<DecoderRun>> {
    model::UseThreads(info_.thread_count);
    return TorchDecoderRun::Start(*model_, info_, input);
  });
}

std::vector<absl::Status> TorchDecoderEngine::Step(absl::Span<DecoderRun* const> runs) {
  std::vector<absl::Status> results;
  const absl::Status status = model::TorchGuard([&] {
    model::UseThreads(info_.thread_count);
    results = StepTogether(runs, &lanes_);
    return absl::OkStatus();
  });
  return status.ok() ? results : std::vector<absl::Status>(runs.size(), status);
}

absl::Status TorchDecoderEngine::WarmUp() {
  return model::TorchGuard([&]() -> absl::Status {
    model::UseThreads(info_.thread_count);
    info_.step_durations.clear();
    ASSIGN_OR_RETURN(info_.step_durations.emplace_back(), WarmUpBase());
    for (const auto& upsampler : model_->upsamplers) {
      ASSIGN_OR_RETURN(info_.step_durations.emplace_back(), WarmUpUpsampler(*upsampler));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<absl::Duration> TorchDecoderEngine::WarmUpBase() {
  DecodeImageInput input;
  input.image_embedding.assign(info_.embedding_dim, 0.0F);
  input.text = {.text_embedding = std::vector<float>(info_.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info_.context_length) * info_.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info_.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  model::PhiloxNoise noise(0);
  ASSIGN_OR_RETURN(const auto run, BaseSamplingRun::Start(model_->unet, model_->text_projection, model_->scheduler,
                                                          ToSampling(input, info_), noise));
  BaseSamplingRun* const runs[] = {run.get()};
  const absl::Duration start = Clock::Real().Now();
  if (const absl::Status status = StepBase(runs, &lanes_).front(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat("decoder: ", status.message()));
  }
  return Clock::Real().Now() - start;
}

absl::StatusOr<absl::Duration> TorchDecoderEngine::WarmUpUpsampler(const UpsamplerModel& upsampler) {
  constexpr int kShrink = 4;
  const UnetConfig& config = upsampler.first.config();
  const int64_t smallest = int64_t{1} << (config.level_count() - 1);  // what sides must be multiples of
  const bool shrinks = config.sample_size % (kShrink * smallest) == 0;
  const int64_t size = shrinks ? config.sample_size / kShrink : config.sample_size;
  const at::Tensor x = at::zeros({1, config.in_channels, size, size});
  absl::Duration duration;
  for (const Unet* unet : {&upsampler.first, &upsampler.last}) {
    const absl::Duration start = Clock::Real().Now();
    if (!at::isfinite(unet->PredictOnce(x, at::tensor({int64_t{0}}), /*context=*/nullptr)).all().item<bool>()) {
      return absl::InternalError(absl::StrCat("an upsampler to ", config.sample_size, " pixels gave values that are not finite"));
    }
    duration = Clock::Real().Now() - start;
  }
  return duration * (shrinks ? kShrink * kShrink : 1);
}

absl::StatusOr<RgbImage> TorchDecoderEngine::Finish(DecoderRun& run) {
  return model::TorchGuard(
      [&]() -> absl::StatusOr<RgbImage> { return ToRgbImage(static_cast<TorchDecoderRun&>(run).picture(), 0); });
}

}  // namespace unclip::decoder
