#include "services/decoder/upsampler.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "base/status_macros.h"

namespace unclip::decoder {

absl::StatusOr<std::unique_ptr<UpsamplingRun>> UpsamplingRun::Start(const UpsamplerNetworks& networks,
                                                                    const model::UnclipScheduler& scheduler,
                                                                    const Upsampling& upsampling, model::NoiseSource& noise,
                                                                    uint32_t stage) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, upsampling.sampler));
  const int64_t size = networks.first.config().sample_size;
  model::DenoiseRun denoise(std::move(sampler), noise, stage,
                            {upsampling.pictures.size(0), networks.first.config().in_channels / 2, size, size});
  return std::unique_ptr<UpsamplingRun>(new UpsamplingRun(networks, upsampling, std::move(denoise)));
}

UpsamplingRun::UpsamplingRun(const UpsamplerNetworks& networks, const Upsampling& upsampling, model::DenoiseRun denoise)
    : networks_(networks), denoise_(std::move(denoise)), deep_(upsampling.deep_feature_interval) {
  const int64_t size = networks.first.config().sample_size;
  upscaled_ = at::_upsample_bicubic2d_aa(upsampling.pictures, {size, size}, /*align_corners=*/false);  // [N, 3, size, size]
  std::vector<int> timesteps = denoise_.timesteps();
  last_time_ = networks.last.ProjectTime(at::tensor({int64_t{timesteps.back()}}), {});
  timesteps.pop_back();
  if (!timesteps.empty()) times_ = networks.first.ProjectTime(at::tensor(timesteps, at::kLong), {});
}

std::vector<absl::Status> StepUpsampling(absl::Span<UpsamplingRun* const> runs, model::RowLanes* lanes) {
  const bool is_last = runs.front()->at_last_step();
  const bool reuses_features = runs.front()->reuses_features();
  DeepFeatureCache none(1);  // the last network keeps nothing
  std::vector<at::Tensor> inputs, times;
  std::vector<CachedRows> rows;
  for (UpsamplingRun* run : runs) {
    const at::Tensor& x = run->denoise_.x();
    inputs.push_back(at::cat({x, run->upscaled_}, 1));  // [N, 6, S, S]
    const at::Tensor time = is_last ? run->last_time_ : run->times_.narrow(0, run->denoise_.step(), 1);
    times.push_back(time.expand({x.size(0), -1}));  // [N, P]
    rows.push_back({.cache = is_last ? &none : &run->deep_, .count = x.size(0)});
  }
  const UpsamplerNetworks& networks = runs.front()->networks_;
  const Unet& unet = is_last ? networks.last : networks.first;
  const at::Tensor x = inputs.size() == 1 ? inputs.front() : at::cat(inputs), time = at::cat(times);
  const bool spreads = lanes != nullptr && x.size(0) >= lanes->count();  // else some would idle
  const at::Tensor output = ForwardCached(unet, x, time, /*context=*/nullptr, reuses_features, rows,
                                          spreads ? lanes : nullptr);  // [all rows, 3, S, S]
  std::vector<absl::Status> results;
  int64_t first = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    results.push_back(runs[i]->denoise_.Advance(output.narrow(0, first, rows[i].count)));
    first += rows[i].count;
  }
  return results;
}

}  // namespace unclip::decoder
