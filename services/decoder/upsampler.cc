#include "services/decoder/upsampler.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "base/status_macros.h"

namespace unclip::decoder {

absl::StatusOr<std::unique_ptr<UpsamplingRun>> UpsamplingRun::Start(const UpsamplerNetworks& networks,
                                                                    const model::UnclipScheduler& scheduler,
                                                                    const at::Tensor& pictures,
                                                                    const model::SamplerOptions& options,
                                                                    model::NoiseSource& noise, uint32_t stage) {
  ASSIGN_OR_RETURN(std::unique_ptr<model::Sampler> sampler, model::MakeSampler(scheduler, options));
  const int64_t size = networks.first.config().sample_size;
  model::DenoiseRun denoise(std::move(sampler), noise, stage,
                            {pictures.size(0), networks.first.config().in_channels / 2, size, size});
  return std::unique_ptr<UpsamplingRun>(new UpsamplingRun(networks, pictures, std::move(denoise)));
}

UpsamplingRun::UpsamplingRun(const UpsamplerNetworks& networks, const at::Tensor& pictures, model::DenoiseRun denoise)
    : networks_(networks), denoise_(std::move(denoise)) {
  const int64_t size = networks.first.config().sample_size;
  upscaled_ = at::_upsample_bicubic2d_aa(pictures, {size, size}, /*align_corners=*/false);  // [N, 3, size, size]
  std::vector<int> timesteps = denoise_.timesteps();
  last_time_ = networks.last.ProjectTime(at::tensor({int64_t{timesteps.back()}}), {});
  timesteps.pop_back();
  if (!timesteps.empty()) times_ = networks.first.ProjectTime(at::tensor(timesteps, at::kLong), {});
}

std::vector<absl::Status> StepUpsampling(absl::Span<UpsamplingRun* const> runs, model::RowLanes* lanes) {
  const bool is_last = runs.front()->at_last_step();
  std::vector<at::Tensor> inputs, times;
  for (UpsamplingRun* run : runs) {
    const at::Tensor& x = run->denoise_.x();
    inputs.push_back(at::cat({x, run->upscaled_}, 1));  // [N, 6, S, S]
    const at::Tensor time = is_last ? run->last_time_ : run->times_.narrow(0, run->denoise_.step(), 1);
    times.push_back(time.expand({x.size(0), -1}));  // [N, P]
  }
  const UpsamplerNetworks& networks = runs.front()->networks_;
  const Unet& unet = is_last ? networks.last : networks.first;
  const at::Tensor x = inputs.size() == 1 ? inputs.front() : at::cat(inputs), time = at::cat(times);
  const bool spreads = lanes != nullptr && x.size(0) >= lanes->count();  // else some would idle
  const at::Tensor output =
      spreads ? unet.Forward(x, time, nullptr, *lanes) : unet.Forward(x, time, nullptr);  // [all rows, 3, S, S]
  std::vector<absl::Status> results;
  int64_t first = 0;
  for (UpsamplingRun* run : runs) {
    const int64_t count = run->denoise_.x().size(0);
    results.push_back(run->denoise_.Advance(output.narrow(0, first, count)));
    first += count;
  }
  return results;
}

}  // namespace unclip::decoder
