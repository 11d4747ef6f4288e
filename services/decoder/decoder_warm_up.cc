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

// Steps of this length and more are not done for the sake of measuring: a pass over a part of the picture tells enough.
constexpr absl::Duration kLongStep = absl::Milliseconds(250);

// A pass over a picture of 1 / `shrink` of the side; with `as_served` on the lanes that a lone request gets, else in one piece.
using Pass = absl::FunctionRef<absl::Status(int64_t shrink, bool as_served)>;

// `wanted`, where the sides of a picture so much smaller are what the network can halve on its way down, else 1.
int64_t ShrinkOf(const UnetConfig& config, int64_t wanted) {
  const int64_t smallest = int64_t{1} << (config.level_count() - 1);
  return config.sample_size % (wanted * smallest) == 0 ? wanted : 1;
}

absl::StatusOr<absl::Duration> Time(Pass pass, int64_t shrink, bool as_served) {
  const absl::Duration start = Clock::Real().Now();
  RETURN_IF_ERROR(pass(shrink, as_served));
  return Clock::Real().Now() - start;
}

// Duration and bytes of `rows` rows' pass. The first, over a smaller picture, also warms up.
absl::StatusOr<StepCost> Measure(Pass pass, int64_t shrink, int rows) {
  const int64_t area = shrink * shrink;
  StepCost cost;
  {
    const model::MemoryMeter meter;
    ASSIGN_OR_RETURN(cost.duration, Time(pass, shrink, /*as_served=*/false));
    cost.row_bytes = meter.Peak() * area / rows;
  }
  cost.duration *= static_cast<double>(area);
  if (cost.duration >= kLongStep) return cost;
  const model::MemoryMeter meter;
  // In one piece: lanes do not all take the most at the same time.
  RETURN_IF_ERROR(pass(1, /*as_served=*/false));
  cost.row_bytes = meter.Peak() / rows;
  // The least: on a busy machine any one may be held up.
  constexpr int kRounds = 3;
  cost.duration = absl::InfiniteDuration();
  for (int i = 0; i < kRounds; ++i) {
    ASSIGN_OR_RETURN(const absl::Duration duration, Time(pass, 1, /*as_served=*/true));
    cost.duration = std::min(cost.duration, duration);
  }
  return cost;
}

absl::Status CheckFinite(const at::Tensor& output, absl::string_view network) {
  if (at::isfinite(output).all().item<bool>()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(network, " gave values that are not finite"));
}

// What an inpainting keeps for a stage.
model::Repainting NothingKnown(int64_t size) {
  return {.known = at::zeros({1, 3, size, size}), .is_known = at::zeros({1, 1, size, size}, at::kBool)};
}

// What a request with guidance and an inpainting keeps between its steps.
absl::StatusOr<int64_t> BaseRunBytes(const DecoderModel& model, const DecoderModelInfo& info) {
  constexpr int kSteps = 25;
  const BaseSampling sampling = {.image_embeddings = at::zeros({1, info.embedding_dim}),
                                 .text_embeddings = at::zeros({2, info.embedding_dim}),
                                 .hidden_states = at::zeros({2, info.context_length, info.hidden_dim}),
                                 .attention_mask = at::ones({2, info.context_length}),
                                 .sampler = {.step_count = kSteps},
                                 .has_guidance = true,
                                 .guidance_scale = 2,
                                 .repainting = NothingKnown(model.unet.config().sample_size)};
  model::PhiloxNoise noise(0);
  const model::MemoryMeter meter;
  ASSIGN_OR_RETURN(const auto run, BaseSamplingRun::Start(model.unet, model.text_projection, model.scheduler, sampling, noise));
  return meter.Kept() + 2 * model.unet.DeepFeatureBytes();
}

absl::StatusOr<int64_t> UpsamplingRunBytes(const UpsamplerModel& upsampler) {
  constexpr int kSteps = 7;
  const UnetConfig& config = upsampler.first.config();
  model::PhiloxNoise noise(0);
  const model::MemoryMeter meter;
  const Upsampling upsampling = {
      .pictures = at::zeros({1, config.in_channels / 2, config.sample_size / 2, config.sample_size / 2}),
      .sampler = {.step_count = kSteps},
      .repainting = NothingKnown(config.sample_size)};
  ASSIGN_OR_RETURN(const auto run, UpsamplingRun::Start(upsampler.networks(), upsampler.scheduler, upsampling, noise,
                                                        model::NoiseKey::kSuperRes));
  return meter.Kept() + upsampler.first.DeepFeatureBytes();
}

}  // namespace

absl::StatusOr<StepCost> WarmUpBase(const DecoderModel& model, const DecoderModelInfo& info, model::RowLanes* lanes) {
  const Unet& unet = model.unet;
  const UnetConfig& config = unet.config();
  const TextProjectionConfig& projection = model.text_projection.config();
  constexpr int kRows = 2;  // as with guidance
  const int64_t tokens = projection.clip_extra_context_tokens + info.context_length;
  const Unet::ProjectedContext context =
      unet.ProjectContext({.tokens = at::zeros({kRows, tokens, projection.cross_attention_dim}),  // [2, P + T, X]
                           .mask = at::ones({kRows, tokens}),
                           .class_labels = {}});
  const at::Tensor time =
      unet.ProjectTime(at::zeros({kRows}, at::kLong), at::zeros({kRows, projection.time_embed_dim}));  // [2, P]
  const auto pass = [&](int64_t shrink, bool as_served) {
    const int64_t size = config.sample_size / shrink;
    const at::Tensor x = at::zeros({kRows, config.in_channels, size, size});
    return CheckFinite(as_served ? unet.Forward(x, time, &context, nullptr, *lanes) : unet.Forward(x, time, &context),
                       "decoder: the model");
  };
  ASSIGN_OR_RETURN(StepCost cost, Measure(pass, ShrinkOf(config, 2), kRows));
  ASSIGN_OR_RETURN(cost.run_bytes, BaseRunBytes(model, info));
  return cost;
}

absl::StatusOr<StepCost> WarmUpUpsampler(const UpsamplerModel& upsampler) {
  const UnetConfig& config = upsampler.first.config();
  const auto pass = [&](int64_t shrink, bool /*as_served*/) {
    const int64_t size = config.sample_size / shrink;
    const at::Tensor x = at::zeros({1, config.in_channels, size, size});
    return CheckFinite(upsampler.first.PredictOnce(x, at::tensor({int64_t{0}}), /*context=*/nullptr),
                       absl::StrCat("an upsampler to ", config.sample_size, " pixels"));
  };
  ASSIGN_OR_RETURN(StepCost cost, Measure(pass, ShrinkOf(config, 4), /*rows=*/1));
  ASSIGN_OR_RETURN(cost.run_bytes, UpsamplingRunBytes(upsampler));
  return cost;
}

}  // namespace unclip::decoder
