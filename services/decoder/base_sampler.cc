#include "services/decoder/base_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "base/status_macros.h"

namespace unclip::decoder {
namespace {

// The conditioning of all of a run's forward passes.
Unet::Context MakeContext(const TextProjection& projection, const BaseSampling& sampling) {
  at::Tensor image = sampling.image_embeddings;  // [N, D]
  if (sampling.has_guidance) {
    const at::Tensor null = projection.NullImageEmbeddings(image.size(0));  // [N, D]
    image = at::cat({null, image.to(null.scalar_type())});                  // [2N, D]
  }
  TextProjection::Output projected = projection.Forward(image, sampling.text_embeddings, sampling.hidden_states);
  const int64_t extra_tokens = projection.config().clip_extra_context_tokens;
  return {.tokens = std::move(projected.context),                                                     // [2N, P + T, X]
          .mask = at::constant_pad_nd(sampling.attention_mask.to(at::kFloat), {extra_tokens, 0}, 1),  // [2N, P + T]
          .class_labels = std::move(projected.class_labels)};                                         // [2N, E]
}

// What each of a run's steps tells the network of the time: [steps, R, P] for R rows of class labels.
absl::StatusOr<at::Tensor> ProjectTimes(const Unet& unet, const model::UnclipScheduler& scheduler, int step_count,
                                        const at::Tensor& class_labels) {
  ASSIGN_OR_RETURN(const std::vector<int> timesteps, scheduler.Timesteps(step_count));
  const int64_t rows = class_labels.size(0);
  const at::Tensor each = at::tensor(timesteps, at::kLong).repeat_interleave(rows);  // [steps × R]
  return unet.ProjectTime(each, class_labels.repeat({step_count, 1})).reshape({step_count, rows, -1});
}

}  // namespace

absl::StatusOr<at::Tensor> SampleBase(const Unet& unet, const TextProjection& projection, const model::UnclipScheduler& scheduler,
                                      const BaseSampling& sampling, model::NoiseSource& noise,
                                      const model::DenoiseObserver& observer) {
  const Unet::Context context = MakeContext(projection, sampling);
  const Unet::ProjectedContext projected = unet.ProjectContext(context);
  ASSIGN_OR_RETURN(const at::Tensor time, ProjectTimes(unet, scheduler, sampling.step_count, context.class_labels));
  const int64_t channels = unet.config().in_channels;
  int step = 0;
  const auto predict = [&](const at::Tensor& x, int /*timestep*/, bool /*is_last*/) {
    const at::Tensor input = sampling.has_guidance ? at::cat({x, x}) : x;               // [N or 2N, 3, H, W]
    const at::Tensor output = unet.Forward(input, time.select(0, step++), &projected);  // [N or 2N, 3 or 6, H, W]
    return sampling.has_guidance ? model::GuideKeepingVariance(output, sampling.guidance_scale, channels) : output;
  };
  const int64_t size = unet.config().sample_size;
  ASSIGN_OR_RETURN(const at::Tensor sample,
                   model::Denoise(scheduler, sampling.step_count, {sampling.image_embeddings.size(0), channels, size, size},
                                  noise, model::NoiseKey::kDecoder, predict, observer));
  return sample.clamp(-1, 1);
}

}  // namespace unclip::decoder
