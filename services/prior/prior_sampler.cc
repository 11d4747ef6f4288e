#include "services/prior/prior_sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include "base/status_macros.h"

namespace unclip::prior {

absl::StatusOr<at::Tensor> SamplePrior(const PriorTransformer& network, const model::UnclipScheduler& scheduler,
                                       const PriorSampling& sampling, model::NoiseSource& noise,
                                       const model::DenoiseObserver& observer) {
  const auto predict = [&](const at::Tensor& x, int timestep, bool /*is_last*/) {
    const at::Tensor input = sampling.has_guidance ? at::cat({x, x}) : x;                                    // [N or 2N, D]
    const at::Tensor timesteps = at::full({input.size(0)}, timestep, at::TensorOptions().dtype(at::kLong));  // [N or 2N]
    const at::Tensor output =
        network.Forward(input, timesteps, sampling.text_embedding, sampling.hidden_states, sampling.attention_mask)
            .to(at::kFloat);
    return sampling.has_guidance ? model::Guide(output, sampling.guidance_scale) : output;  // [N, D]
  };
  ASSIGN_OR_RETURN(const at::Tensor sample,
                   model::Denoise(scheduler, sampling.step_count, {sampling.sample_count, network.config().embedding_dim}, noise,
                                  model::NoiseKey::kPrior, predict, observer));
  return network.Denormalize(sample);
}

}  // namespace unclip::prior
