#include "services/decoder/decoder_warm_up.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/tensor_memory.h"
#include "services/decoder/base_sampler.h"
#include "services/decoder/upsampler.h"

namespace unclip::decoder {
namespace {

constexpr absl::Duration kLongStep = absl::Milliseconds(250);  // is timed once
// An upsampler to larger pictures sees one of a quarter of the side. (Of smaller ones, what LibTorch does around operators would
// be counted sixteen times.)
constexpr int64_t kLargestWhole = 128;
constexpr int kShrink = 4;

// What `step` takes: the least of three where it is short, as on a busy machine any one may be held up.
absl::StatusOr<absl::Duration> Time(absl::FunctionRef<absl::Status()> step) {
  constexpr int kRounds = 3;
  absl::Duration least = absl::InfiniteDuration();
  for (int i = 0; i < kRounds; ++i) {
    const absl::Duration start = Clock::Real().Now();
    RETURN_IF_ERROR(step());
    least = std::min(least, Clock::Real().Now() - start);
    if (least >= kLongStep) break;
  }
  return least;
}

absl::StatusOr<std::unique_ptr<BaseSamplingRun>> StartBase(const DecoderModel& model, const DecoderModelInfo& info,
                                                           model::NoiseSource& noise) {
  constexpr int kSteps = 25;
  const BaseSampling sampling = {.image_embeddings = at::zeros({1, info.embedding_dim}),
                                 .text_embeddings = at::zeros({2, info.embedding_dim}),
                                 .hidden_states = at::zeros({2, info.context_length, info.hidden_dim}),
                                 .attention_mask = at::ones({2, info.context_length}),
                                 .sampler = {.step_count = kSteps},
                                 .has_guidance = true,
                                 .guidance_scale = 2};
  return BaseSamplingRun::Start(model.unet, model.text_projection, model.scheduler, sampling, noise);
}

// Runs one of an upsampler's networks on a picture of `size`.
absl::Status Predict(const Unet& unet, int64_t size) {
  const UnetConfig& config = unet.config();
  const at::Tensor x = at::zeros({1, config.in_channels, size, size});
  if (at::isfinite(unet.PredictOnce(x, at::tensor({int64_t{0}}), /*context=*/nullptr)).all().item<bool>())
    return absl::OkStatus();
  return absl::InternalError(absl::StrCat("an upsampler to ", config.sample_size, " pixels gave values that are not finite"));
}

}  // namespace

absl::StatusOr<StepCost> WarmUpBase(const DecoderModel& model, const DecoderModelInfo& info, model::RowLanes* lanes) {
  model::PhiloxNoise noise(0);
  const model::MemoryMeter run_meter;
  ASSIGN_OR_RETURN(const auto run, StartBase(model, info, noise));
  StepCost cost = {.duration = {}, .row_bytes = 0, .run_bytes = run_meter.Kept() + 2 * model.unet.DeepFeatureBytes()};
  BaseSamplingRun* const runs[] = {run.get()};
  const auto step = [&runs](model::RowLanes* step_lanes) {
    const absl::Status status = StepBase(runs, step_lanes).front();
    return status.ok() ? status : absl::Status(status.code(), absl::StrCat("decoder: ", status.message()));
  };
  // Both rows in one pass: lanes do not all take the most at the same time.
  const model::MemoryMeter step_meter;
  RETURN_IF_ERROR(step(nullptr));
  cost.row_bytes = step_meter.Peak() / 2;
  ASSIGN_OR_RETURN(cost.duration, Time([&] { return step(lanes); }));
  return cost;
}

absl::StatusOr<StepCost> WarmUpUpsampler(const UpsamplerModel& upsampler) {
  const UnetConfig& config = upsampler.first.config();
  model::PhiloxNoise noise(0);
  StepCost cost;
  {
    constexpr int kSteps = 7;
    const model::MemoryMeter run_meter;
    const at::Tensor picture = at::zeros({1, config.in_channels / 2, config.sample_size / 2, config.sample_size / 2});
    const Upsampling upsampling = {.pictures = picture, .sampler = {.step_count = kSteps}};
    ASSIGN_OR_RETURN(const auto run, UpsamplingRun::Start(upsampler.networks(), upsampler.scheduler, upsampling, noise,
                                                          model::NoiseKey::kSuperRes));
    cost.run_bytes = run_meter.Kept() + upsampler.first.DeepFeatureBytes();
  }
  const int64_t smallest = int64_t{1} << (config.level_count() - 1);  // what sides must be multiples of
  const bool shrinks = config.sample_size > kLargestWhole && config.sample_size % (kShrink * smallest) == 0;
  const int64_t shrink = shrinks ? kShrink : 1;
  const auto predict = [&] { return Predict(upsampler.first, config.sample_size / shrink); };
  // Both once to warm up, before anything is timed.
  RETURN_IF_ERROR(Predict(upsampler.last, config.sample_size / shrink));
  RETURN_IF_ERROR(predict());
  const model::MemoryMeter meter;
  RETURN_IF_ERROR(predict());
  cost.row_bytes = meter.Peak() * shrink * shrink;
  ASSIGN_OR_RETURN(const absl::Duration duration, Time(predict));
  cost.duration = duration * shrink * shrink;
  return cost;
}

}  // namespace unclip::decoder
