// One upsampling stage of the cascade.
#ifndef UNCLIP_SERVICES_DECODER_UPSAMPLER_H_
#define UNCLIP_SERVICES_DECODER_UPSAMPLER_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/diffusion/denoise.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/unclip_scheduler.h"
#include "services/decoder/unet.h"

namespace unclip::decoder {

// The networks of one stage. Karlo's two-net upsampler: `last` does the final step only.
struct UpsamplerNetworks {
  const Unet& first;
  const Unet& last;
};

// Upsamples `pictures` [N, 3, h, w] in -1..1 to [N, 3, size, size], size being the networks' sample_size; the result is float32
// and not yet clamped. `stage` is NoiseKey::kSuperRes plus the upsampler's index. Errors: those of model::Denoise. Source:
// reference pipelines/unclip/pipeline_unclip.py.
absl::StatusOr<at::Tensor> Upsample(const UpsamplerNetworks& networks, const model::UnclipScheduler& scheduler,
                                    const at::Tensor& pictures, int step_count, model::NoiseSource& noise, uint32_t stage,
                                    const model::DenoiseObserver& observer);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UPSAMPLER_H_
