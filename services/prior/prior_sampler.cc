#include "services/prior/prior_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/guidance.h"

namespace unclip::prior {

absl::StatusOr<std::unique_ptr<PriorSamplingRun>> PriorSamplingRun::Start(const PriorTransformer& network,
                                                                          const model::UnclipScheduler& scheduler,
                                                                          const PriorSampling& sampling,
                                                                          model::NoiseSource& noise) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, sampling.sampler));
  const int64_t prompts = sampling.text_embedding.size(0) / (sampling.has_guidance ? 2 : 1);
  model::DenoiseRun denoise(std::move(sampler), noise, model::NoiseKey::kPrior,
                            {prompts * sampling.samples_per_prompt, network.config().embedding_dim});
  return std::unique_ptr<PriorSamplingRun>(new PriorSamplingRun(network, sampling, std::move(denoise)));
}

PriorSamplingRun::PriorSamplingRun(const PriorTransformer& network, const PriorSampling& sampling, model::DenoiseRun denoise)
    : network_(network),
      has_guidance_(sampling.has_guidance),
      guidance_scale_(sampling.guidance_scale),
      guidance_interval_(sampling.guidance_interval),
      denoise_(std::move(denoise)),
      prefix_(network.ReadText(sampling.text_embedding, sampling.hidden_states, sampling.attention_mask,
                               sampling.samples_per_prompt)),
      conditional_(has_guidance_ ? PriorTransformer::LastRows(prefix_, denoise_.x().size(0)) : PriorTransformer::Prefix()),
      times_(network.EmbedTime(at::tensor(denoise_.timesteps(), at::kLong))) {}

std::vector<absl::Status> StepPrior(absl::Span<PriorSamplingRun* const> runs) {
  std::vector<at::Tensor> inputs, times;
  std::vector<PriorTransformer::RowsOfRun> rows;
  for (PriorSamplingRun* run : runs) {
    const int64_t count = run->row_count();
    inputs.push_back(run->denoise_.x());                                                  // [N, D]
    if (run->IsGuided()) inputs.push_back(run->denoise_.x());                             // twice
    times.push_back(run->times_.narrow(0, run->denoise_.step(), 1).expand({count, -1}));  // [N or 2N, W]
    const bool is_conditional = run->has_guidance_ && !run->IsGuided();
    rows.push_back({.prefix = is_conditional ? &run->conditional_ : &run->prefix_, .count = count});
  }
  const at::Tensor output = runs.front()->network_.Predict(at::cat(inputs), at::cat(times), rows);  // [all rows, D]
  std::vector<absl::Status> results;
  int64_t first = 0;
  for (PriorSamplingRun* run : runs) {
    const at::Tensor own = output.narrow(0, first, run->row_count());
    first += run->row_count();
    results.push_back(run->denoise_.Advance(run->IsGuided() ? model::Guide(own, run->guidance_scale_) : own));
  }
  return results;
}

}  // namespace unclip::prior
