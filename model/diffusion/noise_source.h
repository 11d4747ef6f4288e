// Where the noise of a diffusion run comes from.
#ifndef UNCLIP_MODEL_DIFFUSION_NOISE_SOURCE_H_
#define UNCLIP_MODEL_DIFFUSION_NOISE_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace unclip::model {

// Names one draw of noise within a request.
struct NoiseKey {
  // The parts of the cascade, so that no two share noise. Upsampler i is kSuperRes + i.
  enum Stage : uint32_t { kPrior = 0, kDecoder = 1, kSuperRes = 2 };
  // What the noise is for, as one step may need several draws.
  enum Use : uint32_t {
    kSampling = 0,  // the draw that a run starts from, and those that its sampler adds
    kKnown = 1,     // added to what is known of the sample (Repainter)
    kRenoise = 2,   // added on a jump back (Repainter)
  };
  // The step of the draw that a run starts from; the draw added after denoising step i is step i.
  static constexpr int kStart = -1;

  uint32_t stage = kPrior;
  int step = kStart;
  Use use = kSampling;
  int round = 0;  // how often the run was at this step before
};

// Draws standard normal noise. Not thread-safe.
class NoiseSource {
 public:
  virtual ~NoiseSource() = default;

  // Noise of `shape` [N, ...], float32.
  virtual at::Tensor Draw(const NoiseKey& key, const std::vector<int64_t>& shape) = 0;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_NOISE_SOURCE_H_
