// What is done to the small pictures that an upsampler learns from.
#ifndef UNCLIP_TRAIN_DEGRADATION_H_
#define UNCLIP_TRAIN_DEGRADATION_H_

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace unclip::train {

// So that the network does not rely on a small picture that is perfect, as it is not when it was drawn. Probabilities are of each
// picture by itself.
struct DegradationOptions {
  double blur_probability = 0.5;  // of a Gaussian blur
  double blur_sigma_min = 0.4;    // pixels of the small picture
  double blur_sigma_max = 0.8;
  double noise_max = 0.1;           // deviation of the noise that is added: uniform from 0 on, in units of -1..1
  double resample_probability = 0;  // of being made smaller and larger again, by a random factor up to
  double resample_factor_max = 2;
  double jpeg_probability = 0;  // of a trip through JPEG, of a random quality from
  int jpeg_quality_min = 30;    // to 95
};

// Source: unCLIP (2204.06125) §2.1: a Gaussian blur for the first upsampler, the more diverse degradation of BSRGAN (Zhang et al.
// 2021, 2103.14006: blur, resampling, noise and JPEG in random order) for the second. Immutable and thread-safe.
class Degradation {
 public:
  explicit Degradation(const DegradationOptions& options) : options_(options) {}

  // Pictures [N, 3, s, s] in -1..1 -> the same, spoilt. All that is random is drawn from `random`.
  at::Tensor operator()(const at::Tensor& pictures, at::Generator& random) const;

 private:
  at::Tensor Blurred(const at::Tensor& pictures, at::Generator& random) const;
  at::Tensor Resampled(const at::Tensor& pictures, at::Generator& random) const;
  at::Tensor Noisy(const at::Tensor& pictures, at::Generator& random) const;
  at::Tensor Compressed(const at::Tensor& pictures, at::Generator& random) const;

  const DegradationOptions options_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DEGRADATION_H_
