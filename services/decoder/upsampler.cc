#include "services/decoder/upsampler.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

namespace unclip::decoder {

absl::StatusOr<at::Tensor> Upsample(const UpsamplerNetworks& networks, const model::UnclipScheduler& scheduler,
                                    const at::Tensor& pictures, int step_count, model::NoiseSource& noise, uint32_t stage,
                                    const model::DenoiseObserver& observer) {
  const int64_t n = pictures.size(0), size = networks.first.config().sample_size;
  const int64_t channels = networks.first.config().in_channels / 2;
  const at::Tensor upscaled = at::_upsample_bicubic2d_aa(pictures, {size, size}, /*align_corners=*/false);  // [N, 3, S, S]
  const auto predict = [&](const at::Tensor& x, int timestep, bool is_last) {
    const at::Tensor timesteps = at::full({n}, timestep, at::TensorOptions().dtype(at::kLong));  // [N]
    const Unet& unet = is_last ? networks.last : networks.first;
    return unet.Forward(at::cat({x, upscaled}, 1), timesteps, /*context=*/nullptr);  // [N, 6, S, S] -> [N, 3, S, S]
  };
  return model::Denoise(scheduler, step_count, {n, channels, size, size}, noise, stage, predict, observer);
}

}  // namespace unclip::decoder
