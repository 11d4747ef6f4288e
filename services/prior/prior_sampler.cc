#include "services/prior/prior_sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "base/status_macros.h"

namespace unclip::prior {

absl::StatusOr<at::Tensor> SamplePrior(const PriorTransformer& network, const model::UnclipScheduler& scheduler,
                                       const PriorSampling& sampling, model::NoiseSource& noise,
                                       const model::DenoiseObserver& observer) {
  PriorTransformer::Prefix prefix = network.ReadText(sampling.text_embedding, sampling.hidden_states, sampling.attention_mask);
  ASSIGN_OR_RETURN(const std::vector<int> timesteps, scheduler.Timesteps(sampling.step_count));
  const at::Tensor times = network.EmbedTime(at::tensor(timesteps, at::kLong));  // [steps, W]
  int step = 0;
  const auto predict = [&](const at::Tensor& x, int /*timestep*/, bool /*is_last*/) {
    const at::Tensor input = sampling.has_guidance ? at::cat({x, x}) : x;  // [N or 2N, D]
    const at::Tensor time = times.narrow(0, step++, 1).expand({input.size(0), -1});
    const at::Tensor output = network.Predict(input, time, {{.prefix = &prefix, .count = input.size(0)}});
    return sampling.has_guidance ? model::Guide(output, sampling.guidance_scale) : output;  // [N, D]
  };
  ASSIGN_OR_RETURN(const at::Tensor sample,
                   model::Denoise(scheduler, sampling.step_count, {sampling.sample_count, network.config().embedding_dim}, noise,
                                  model::NoiseKey::kPrior, predict, observer));
  return network.Denormalize(sample);
}

}  // namespace unclip::prior
