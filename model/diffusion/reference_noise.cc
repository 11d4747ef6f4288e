#include "model/diffusion/reference_noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>

namespace unclip::model {

ReferenceNoise::ReferenceNoise(uint64_t seed) : generator_(at::detail::createCPUGenerator(seed)) {}

at::Tensor ReferenceNoise::Draw(const NoiseKey& /*key*/, const std::vector<int64_t>& shape) {
  return at::randn(shape, generator_, at::TensorOptions().dtype(at::kFloat));
}

}  // namespace unclip::model
