#include "services/decoder/upsampler.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "base/status_macros.h"

namespace unclip::decoder {

absl::StatusOr<at::Tensor> Upsample(const UpsamplerNetworks& networks, const model::UnclipScheduler& scheduler,
                                    const at::Tensor& pictures, int step_count, model::NoiseSource& noise, uint32_t stage,
                                    const model::DenoiseObserver& observer) {
  const int64_t n = pictures.size(0), size = networks.first.config().sample_size;
  const int64_t channels = networks.first.config().in_channels / 2;
  const at::Tensor upscaled = at::_upsample_bicubic2d_aa(pictures, {size, size}, /*align_corners=*/false);  // [N, 3, S, S]
  ASSIGN_OR_RETURN(std::vector<int> timesteps, scheduler.Timesteps(step_count));
  const at::Tensor last_time = networks.last.ProjectTime(at::tensor({int64_t{timesteps.back()}}), {});  // [1, P]
  timesteps.pop_back();
  const at::Tensor times = networks.first.ProjectTime(at::tensor(timesteps, at::kLong), {});  // [steps - 1, P]
  int step = 0;
  const auto predict = [&](const at::Tensor& x, int /*timestep*/, bool is_last) {
    const at::Tensor input = at::cat({x, upscaled}, 1);  // [N, 6, S, S]
    const at::Tensor time = is_last ? last_time : times.narrow(0, step++, 1);
    const Unet& unet = is_last ? networks.last : networks.first;
    return unet.Forward(input, time.expand({n, -1}), /*context=*/nullptr);  // [N, 3, S, S]
  };
  return model::Denoise(scheduler, step_count, {n, channels, size, size}, noise, stage, predict, observer);
}

}  // namespace unclip::decoder
