#include "services/decoder/torch_decoder_engine.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "common/conditioning/text_conditioning.h"
#include "model/diffusion/philox_noise.h"
#include "model/nn/tensor_view.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/decoder_warm_up.h"
#include "services/decoder/inpainting.h"
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
                           .deep_feature_interval = input.decoder_sampling.deep_feature_interval,
                           .repainting = {}};
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
    BaseSampling sampling = ToSampling(input, info);
    if (input.inpainting) {
      sampling.repainting = RepaintingAt(*input.inpainting, info.base_size, model.unet.device());
      sampling.repainting->resample_count = input.inpainting->steps.resample_count;
      sampling.repainting->jump_length = input.inpainting->steps.jump_length;
    }
    ASSIGN_OR_RETURN(run->base_,
                     BaseSamplingRun::Start(model.unet, model.text_projection, model.scheduler, sampling, run->noise_));
    return run;
  }

  DecodeNeed need() const override {
    DecodeNeed need = FirstNeed(input_, info_);
    for (int stage = 0; stage < stage_; ++stage) need.remaining -= info_.step_durations[stage] * input_.StepsOfStage(stage);
    need.remaining -= info_.step_durations[stage_] * denoise().steps_done();
    if (stage_ == 0) {
      need.rows = static_cast<int>(base_->row_count());
      need.group = base_->reuses_features() ? 1 : 0;
      return need;
    }
    need.stage = stage_;
    need.rows = 1;
    need.step = info_.step_durations[stage_];
    need.group = kGroupsPerStage * stage_ + (upsampling_->at_last_step() ? 2 : upsampling_->reuses_features() ? 1 : 0);
    return need;
  }

  bool done() const override { return done_; }
  DecodeProgress progress() const override { return progress_; }

  BaseSamplingRun* base() { return base_.get(); }            // null once it is done
  UpsamplingRun* upsampling() { return upsampling_.get(); }  // null until then

  // To be called after each step.
  absl::Status AfterStep() {
    progress_ = {.stage = stage_, .step = denoise().steps_done(), .step_count = denoise().steps_in_all(), .preview = {}};
    if (input_.preview_step_interval > 0 && progress_.step % input_.preview_step_interval == 0) {
      progress_.preview = ToRgbImage(denoise().original_sample(), 0);
    }
    return denoise().done() ? NextStage() : absl::OkStatus();
  }

  const at::Tensor& picture() const { return picture_; }  // [1, 3, S, S] once done()
  const DecodeImageInput& input() const { return input_; }

 private:
  TorchDecoderRun(const DecoderModel& model, const DecoderModelInfo& info, const DecodeImageInput& input)
      : model_(model), info_(info), input_(input), noise_(input.seed) {}

  const model::DenoiseRun& denoise() const { return base_ ? base_->denoise() : upsampling_->denoise(); }

  absl::Status NextStage() {
    picture_ = base_ ? base_->Pictures() : upsampling_->Pictures();
    base_.reset();
    upsampling_.reset();
    done_ = stage_ == static_cast<int>(model_.upsamplers.size());
    if (done_) return absl::OkStatus();
    const UpsamplerModel& next = *model_.upsamplers[stage_];
    Upsampling upsampling = {.pictures = picture_.clamp(-1, 1),
                             .sampler = input_.super_res_sampling.WithSteps(input_.StepsOfStage(stage_ + 1)),
                             .deep_feature_interval = input_.super_res_sampling.deep_feature_interval,
                             .repainting = {}};
    if (input_.inpainting) {
      upsampling.repainting = RepaintingAt(*input_.inpainting, info_.super_res_sizes[stage_], next.first.device());
    }
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

// A request for nothing in particular, with guidance.
DecodeImageInput EmptyInput(const DecoderModelInfo& info) {
  DecodeImageInput input;
  input.image_embedding.assign(info.embedding_dim, 0.0F);
  input.text = {.text_embedding = std::vector<float>(info.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info.context_length) * info.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  return input;
}

// The next step of runs that are all of one group.
std::vector<absl::Status> StepGroup(absl::Span<TorchDecoderRun* const> runs, model::RowLanes* lanes, model::StepGraphs* graphs) {
  std::vector<BaseSamplingRun*> base;
  std::vector<UpsamplingRun*> upsampling;
  for (TorchDecoderRun* run : runs) {
    if (run->base() != nullptr) {
      base.push_back(run->base());
    } else {
      upsampling.push_back(run->upsampling());
    }
  }
  return base.empty() ? StepUpsampling(upsampling, lanes, graphs) : StepBase(base, lanes, graphs);
}

bool AreOneGroup(absl::Span<TorchDecoderRun* const> runs) {
  return std::all_of(runs.begin(), runs.end(),
                     [&runs](const TorchDecoderRun* run) { return run->need().group == runs.front()->need().group; });
}

// The next step of runs of any groups: all at once where they are one, else one after the other.
std::vector<absl::Status> StepInTurn(absl::Span<TorchDecoderRun* const> runs, model::StepGraphs* graphs) {
  std::vector<absl::Status> results;
  const size_t together = AreOneGroup(runs) ? runs.size() : 1;
  for (size_t i = 0; i < runs.size(); i += together) {
    absl::c_move(StepGroup(runs.subspan(i, together), nullptr, graphs), std::back_inserter(results));
  }
  return results;
}

// The same, each on one lane, so that what is done around the networks is done side by side as well.
std::vector<absl::Status> StepOnLanes(absl::Span<TorchDecoderRun* const> runs, model::RowLanes* lanes) {
  std::vector<absl::Status> results(runs.size());
  lanes->Run(static_cast<int64_t>(runs.size()), [&](int64_t begin, int64_t end) {
    absl::c_move(StepInTurn(runs.subspan(begin, end - begin), /*graphs=*/nullptr), results.begin() + begin);
  });
  return results;
}

// `lanes` or `graphs` is null.
std::vector<absl::Status> StepAll(absl::Span<TorchDecoderRun* const> runs, model::RowLanes* lanes, model::StepGraphs* graphs) {
  if (lanes == nullptr) return StepInTurn(runs, graphs);
  const bool fills_lanes = lanes->count() > 1 && runs.size() % lanes->count() == 0;
  return fills_lanes || !AreOneGroup(runs) ? StepOnLanes(runs, lanes) : StepGroup(runs, lanes, /*graphs=*/nullptr);
}

std::vector<absl::Status> StepRuns(absl::Span<DecoderRun* const> runs, model::RowLanes* lanes, model::StepGraphs* graphs) {
  std::vector<TorchDecoderRun*> torch_runs;
  torch_runs.reserve(runs.size());
  for (DecoderRun* run : runs) torch_runs.push_back(static_cast<TorchDecoderRun*>(run));
  std::vector<absl::Status> results = StepAll(torch_runs, lanes, graphs);
  for (size_t i = 0; i < runs.size(); ++i) {
    if (results[i].ok()) results[i] = torch_runs[i]->AfterStep();
  }
  return results;
}

}  // namespace

TorchDecoderEngine::TorchDecoderEngine(std::unique_ptr<const DecoderModel> model, DecoderModelInfo info)
    : model_(std::move(model)), info_(std::move(info)), lanes_(model_->unet.device().is_cpu() ? info_.thread_count : 1) {}

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
    results = StepRuns(runs, lanes(), graphs());
    return absl::OkStatus();
  });
  return status.ok() ? results : std::vector<absl::Status>(runs.size(), status);
}

absl::Status TorchDecoderEngine::WarmUp() {
  return model::TorchGuard([&]() -> absl::Status {
    model::UseThreads(info_.thread_count);
    if (graphs() != nullptr) return WarmUpRecorded();
    info_.step_durations.clear();
    info_.row_bytes.clear();
    info_.run_bytes = 0;
    std::vector<StepCost> costs;
    ASSIGN_OR_RETURN(costs.emplace_back(), WarmUpBase(*model_, info_, &lanes_));
    for (const auto& upsampler : model_->upsamplers) {
      ASSIGN_OR_RETURN(costs.emplace_back(), WarmUpUpsampler(*upsampler));
    }
    for (const StepCost& cost : costs) {
      info_.step_durations.push_back(cost.duration);
      info_.row_bytes.push_back(cost.row_bytes);
      info_.run_bytes = std::max(info_.run_bytes, cost.run_bytes);
    }
    return absl::OkStatus();
  });
}

absl::Status TorchDecoderEngine::WarmUpRecorded() {
  DecodeImageInput input = EmptyInput(info_);
  info_.step_durations.assign(model_->upsamplers.size() + 1, absl::ZeroDuration());
  info_.row_bytes.assign(model_->upsamplers.size() + 1, 0);
  input.super_res_step_counts.assign(model_->upsamplers.size(), input.decoder_step_count);
  for (int round = 0; round < 2; ++round) {
    ASSIGN_OR_RETURN(const std::unique_ptr<TorchDecoderRun> run, TorchDecoderRun::Start(*model_, info_, input));
    DecoderRun* const runs[] = {run.get()};
    while (!run->done()) {
      const absl::Duration start = Clock::Real().Now();
      RETURN_IF_ERROR(StepRuns(runs, lanes(), graphs()).front());
      info_.step_durations[run->progress().stage] = Clock::Real().Now() - start;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RgbImage> TorchDecoderEngine::Finish(DecoderRun& run) {
  return model::TorchGuard([&]() -> absl::StatusOr<RgbImage> {
    const auto& finished = static_cast<TorchDecoderRun&>(run);
    RgbImage image = ToRgbImage(finished.picture(), 0);
    if (finished.input().inpainting) RestoreKept(*finished.input().inpainting, &image);
    return image;
  });
}

}  // namespace unclip::decoder
