#include "services/decoder/upsampler.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "base/status_macros.h"
#include "services/decoder/unet_batch.h"

namespace unclip::decoder {

absl::StatusOr<std::unique_ptr<UpsamplingRun>> UpsamplingRun::Start(const UpsamplerNetworks& networks,
                                                                    const model::UnclipScheduler& scheduler,
                                                                    const Upsampling& upsampling, model::NoiseSource& noise,
                                                                    uint32_t stage) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, upsampling.sampler));
  const int64_t size = networks.first.config().sample_size;
  std::optional<model::Repainter> repainter;
  if (upsampling.repainting) repainter.emplace(*upsampling.repainting, scheduler, sampler->timesteps(), stage);
  model::DenoiseRun denoise(std::move(sampler), noise, stage,
                            {upsampling.pictures.size(0), networks.first.config().in_channels / 2, size, size},
                            networks.first.device(), std::move(repainter));
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

std::vector<absl::Status> StepUpsampling(absl::Span<UpsamplingRun* const> runs, model::RowLanes* lanes,
                                         model::StepGraphs* graphs) {
  const bool is_last = runs.front()->at_last_step();
  DeepFeatureCache none(1);  // the last network keeps nothing
  UnetBatch batch = {.x = {}, .time = {}, .contexts = {}, .rows = {}, .reuses_features = runs.front()->reuses_features()};
  for (UpsamplingRun* run : runs) {
    const at::Tensor& x = run->denoise_.x();
    batch.x.push_back(at::cat({x, run->upscaled_}, 1));  // [N, 6, S, S]
    const at::Tensor time = is_last ? run->last_time_ : run->times_.narrow(0, run->denoise_.step(), 1);
    batch.time.push_back(time.expand({x.size(0), -1}));  // [N, P]
    batch.rows.push_back({.cache = is_last ? &none : &run->deep_, .count = x.size(0)});
  }
  const UpsamplerNetworks& networks = runs.front()->networks_;
  const Unet& unet = is_last ? networks.last : networks.first;
  const at::Tensor output =
      graphs != nullptr ? ForwardRecorded(unet, batch, *graphs) : ForwardSpread(unet, batch, lanes);  // [all rows, 3, S, S]
  std::vector<model::DenoiseRun*> denoise;
  std::vector<at::Tensor> outputs;
  int64_t first = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    denoise.push_back(&runs[i]->denoise_);
    outputs.push_back(output.narrow(0, first, batch.rows[i].count));
    first += batch.rows[i].count;
  }
  return model::DenoiseRun::AdvanceAll(denoise, outputs);
}

}  // namespace unclip::decoder
