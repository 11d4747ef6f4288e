#include "services/decoder/base_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/full.h>

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

}  // namespace

absl::StatusOr<at::Tensor> SampleBase(const Unet& unet, const TextProjection& projection, const model::UnclipScheduler& scheduler,
                                      const BaseSampling& sampling, model::NoiseSource& noise,
                                      const model::DenoiseObserver& observer) {
  const Unet::Context context = MakeContext(projection, sampling);
  const int64_t channels = unet.config().in_channels;
  const auto predict = [&](const at::Tensor& x, int timestep, bool /*is_last*/) {
    const at::Tensor input = sampling.has_guidance ? at::cat({x, x}) : x;                                    // [N or 2N, 3, H, W]
    const at::Tensor timesteps = at::full({input.size(0)}, timestep, at::TensorOptions().dtype(at::kLong));  // [N or 2N]
    const at::Tensor output = unet.Forward(input, timesteps, &context).to(at::kFloat);
    return sampling.has_guidance ? model::GuideKeepingVariance(output, sampling.guidance_scale, channels) : output;
  };
  const int64_t size = unet.config().sample_size;
  ASSIGN_OR_RETURN(const at::Tensor sample,
                   model::Denoise(scheduler, sampling.step_count, {sampling.image_embeddings.size(0), channels, size, size},
                                  noise, model::NoiseKey::kDecoder, predict, observer));
  return sample.clamp(-1, 1);
}

}  // namespace unclip::decoder
