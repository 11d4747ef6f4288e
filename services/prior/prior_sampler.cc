#include "services/prior/prior_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "model/diffusion/guidance.h"

namespace unclip::prior {
namespace {

using Parts = model::StepGraphs::Parts;

// PriorTransformer::Predict() of the rows of several runs, recorded: all of them are one run to the network.
at::Tensor PredictRecorded(const PriorTransformer& network, Parts x, Parts times,
                           const std::vector<PriorTransformer::RowsOfRun>& runs, model::StepGraphs& graphs) {
  std::vector<Parts> inputs = {std::move(x), std::move(times)};
  Parts& masks = inputs.emplace_back();
  for (const PriorTransformer::RowsOfRun& run : runs) masks.push_back(run.prefix->mask);  // [R, 1, 3, S]
  for (size_t block = 0; block < runs.front().prefix->keys_and_values.size(); ++block) {
    Parts& parts = inputs.emplace_back();
    for (const PriorTransformer::RowsOfRun& run : runs) parts.push_back(run.prefix->keys_and_values[block]);  // [R, S, 2 W]
  }
  const auto predict = [&network](absl::Span<const at::Tensor> in) -> std::vector<at::Tensor> {
    PriorTransformer::Prefix prefix = {.keys_and_values = {in.begin() + 3, in.end()}, .mask = in[2]};
    return {network.Predict(in[0], in[1], {{.prefix = &prefix, .count = in[0].size(0)}})};  // [bucket, D]
  };
  return graphs.Run(absl::StrFormat("step of %p", &network), inputs, predict).front();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PriorSamplingRun>> PriorSamplingRun::Start(const PriorTransformer& network,
                                                                          const model::UnclipScheduler& scheduler,
                                                                          const PriorSampling& sampling,
                                                                          model::NoiseSource& noise) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, sampling.sampler));
  const int64_t prompts = sampling.text_embedding.size(0) / (sampling.has_guidance ? 2 : 1);
  model::DenoiseRun denoise(std::move(sampler), noise, model::NoiseKey::kPrior,
                            {prompts * sampling.samples_per_prompt, network.config().embedding_dim}, network.device());
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

std::vector<absl::Status> StepPrior(absl::Span<PriorSamplingRun* const> runs, model::StepGraphs* graphs) {
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
  const PriorTransformer& network = runs.front()->network_;
  const at::Tensor output = graphs != nullptr ? PredictRecorded(network, inputs, times, rows, *graphs)
                                              : network.Predict(at::cat(inputs), at::cat(times), rows);  // [all rows, D]
  std::vector<model::DenoiseRun*> denoise;
  std::vector<at::Tensor> guided;
  int64_t first = 0;
  for (PriorSamplingRun* run : runs) {
    const at::Tensor own = output.narrow(0, first, run->row_count());
    first += run->row_count();
    denoise.push_back(&run->denoise_);
    guided.push_back(run->IsGuided() ? model::Guide(own, run->guidance_scale_) : own);
  }
  return model::DenoiseRun::AdvanceAll(denoise, guided);
}

}  // namespace unclip::prior
