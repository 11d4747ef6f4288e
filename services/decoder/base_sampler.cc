#include "services/decoder/base_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/guidance.h"
#include "services/decoder/unet_batch.h"

namespace unclip::decoder {
namespace {

// The conditioning of all of a run's forward passes.
Unet::Context MakeContext(const TextProjection& projection, const BaseSampling& sampling) {
  at::Tensor image = sampling.image_embeddings;  // [N, D]
  if (sampling.has_guidance) {
    const at::Tensor null = projection.NullImageEmbeddings(image.size(0));  // [N, D]
    image = at::cat({null, image.to(null.options())});                      // [2N, D]
  }
  TextProjection::Output projected = projection.Forward(image, sampling.text_embeddings, sampling.hidden_states);
  const int64_t extra_tokens = projection.config().clip_extra_context_tokens;
  return {.tokens = std::move(projected.context),                                                     // [2N, P + T, X]
          .mask = at::constant_pad_nd(sampling.attention_mask.to(at::kFloat), {extra_tokens, 0}, 1),  // [2N, P + T]
          .class_labels = std::move(projected.class_labels)};                                         // [2N, E]
}

// What each step tells the network of the time, for R rows of class labels: [steps, R, P].
at::Tensor ProjectTimes(const Unet& unet, const std::vector<int>& timesteps, const at::Tensor& class_labels) {
  const auto steps = static_cast<int64_t>(timesteps.size());
  const int64_t rows = class_labels.size(0);
  const at::Tensor each = at::tensor(timesteps, at::kLong).repeat_interleave(rows);  // [steps × R]
  return unet.ProjectTime(each, class_labels.repeat({steps, 1})).reshape({steps, rows, -1});
}

}  // namespace

absl::StatusOr<std::unique_ptr<BaseSamplingRun>> BaseSamplingRun::Start(const Unet& unet, const TextProjection& projection,
                                                                        const model::UnclipScheduler& scheduler,
                                                                        const BaseSampling& sampling, model::NoiseSource& noise) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, sampling.sampler));
  const int64_t size = unet.config().sample_size;
  std::optional<model::Repainter> repainter;
  if (sampling.repainting) {
    repainter.emplace(*sampling.repainting, scheduler, sampler->timesteps(), model::NoiseKey::kDecoder);
  }
  model::DenoiseRun denoise(std::move(sampler), noise, model::NoiseKey::kDecoder,
                            {sampling.image_embeddings.size(0), unet.config().in_channels, size, size}, unet.device(),
                            std::move(repainter));
  return std::unique_ptr<BaseSamplingRun>(new BaseSamplingRun(unet, projection, sampling, std::move(denoise)));
}

BaseSamplingRun::BaseSamplingRun(const Unet& unet, const TextProjection& projection, const BaseSampling& sampling,
                                 model::DenoiseRun denoise)
    : unet_(unet),
      has_guidance_(sampling.has_guidance),
      guidance_scale_(sampling.guidance_scale),
      guidance_interval_(sampling.guidance_interval),
      denoise_(std::move(denoise)),
      deep_(sampling.deep_feature_interval) {
  const Unet::Context context = MakeContext(projection, sampling);
  context_ = unet.ProjectContext(context);
  conditional_ = Unet::LastRows(context_, denoise_.x().size(0));
  times_ = ProjectTimes(unet, denoise_.timesteps(), context.class_labels);
}

std::vector<absl::Status> StepBase(absl::Span<BaseSamplingRun* const> runs, model::RowLanes* lanes, model::StepGraphs* graphs) {
  UnetBatch batch;
  for (BaseSamplingRun* run : runs) {
    const int64_t count = run->row_count();
    batch.x.push_back(run->denoise_.x());                                 // [N, 3, H, W]
    if (run->IsGuided()) batch.x.push_back(run->denoise_.x());            // twice
    const at::Tensor time = run->times_.select(0, run->denoise_.step());  // [N or 2N, P]
    batch.time.push_back(time.narrow(0, time.size(0) - count, count));
    batch.contexts.push_back(run->has_guidance_ && !run->IsGuided() ? &run->conditional_ : &run->context_);
    batch.rows.push_back({.cache = &run->deep_, .count = count});
  }
  const Unet& unet = runs.front()->unet_;
  batch.reuses_features = runs.front()->reuses_features();
  const at::Tensor output =
      graphs != nullptr ? ForwardRecorded(unet, batch, *graphs) : ForwardSpread(unet, batch, lanes);  // [all rows, 3 or 6, H, W]
  std::vector<model::DenoiseRun*> denoise;
  std::vector<at::Tensor> guided;
  std::vector<int> steps;
  int64_t first = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    BaseSamplingRun* const run = runs[i];
    const at::Tensor own = output.narrow(0, first, batch.rows[i].count);
    first += batch.rows[i].count;
    denoise.push_back(&run->denoise_);
    guided.push_back(run->IsGuided() ? model::GuideKeepingVariance(own, run->guidance_scale_, unet.config().in_channels) : own);
    steps.push_back(run->denoise_.step());
  }
  std::vector<absl::Status> results = model::DenoiseRun::AdvanceAll(denoise, guided);
  for (size_t i = 0; i < runs.size(); ++i) {
    // Gone back: what was seen at one level of noise is of no use at another.
    if (runs[i]->denoise_.step() <= steps[i]) runs[i]->deep_.Forget();
  }
  return results;
}

}  // namespace unclip::decoder
