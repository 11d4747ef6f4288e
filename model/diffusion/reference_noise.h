// The reference pipeline's noise, for parity runs.
#ifndef UNCLIP_MODEL_DIFFUSION_REFERENCE_NOISE_H_
#define UNCLIP_MODEL_DIFFUSION_REFERENCE_NOISE_H_

#include <ATen/core/Generator.h>

#include <cstdint>
#include <vector>

#include "model/diffusion/noise_source.h"

namespace unclip::model {

// LibTorch's CPU generator, drawn in the order in which it is asked, as `torch.Generator("cpu").manual_seed(seed)` is by the
// reference. What a draw gives so depends on all draws before and on the batch's size; serving uses PhiloxNoise instead.
class ReferenceNoise final : public NoiseSource {
 public:
  explicit ReferenceNoise(uint64_t seed);

  // `key` is not looked at.
  at::Tensor Draw(const NoiseKey& key, const std::vector<int64_t>& shape) override;

 private:
  at::Generator generator_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_REFERENCE_NOISE_H_
