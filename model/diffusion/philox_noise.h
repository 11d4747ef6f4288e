// Noise that is a pure function of where it is used: what serving draws from.
#ifndef UNCLIP_MODEL_DIFFUSION_PHILOX_NOISE_H_
#define UNCLIP_MODEL_DIFFUSION_PHILOX_NOISE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "model/diffusion/noise_source.h"

namespace unclip::model {

// Ten rounds of Philox-4×32. Source: Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", §3.3.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// Noise as a function of (seed, sample index, stage, step, use, round, element) and of nothing else: not of the batch's size or
// order, the thread, or what was drawn before. Box-Muller in double, rounded to float32.
class PhiloxNoise final : public NoiseSource {
 public:
  explicit PhiloxNoise(uint64_t seed) : seed_(seed) {}

  // Sample n of the batch (the first dimension) has sample index n.
  at::Tensor Draw(const NoiseKey& key, const std::vector<int64_t>& shape) override;

 private:
  uint64_t seed_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_PHILOX_NOISE_H_
