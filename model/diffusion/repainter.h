// Keeps a diffusion run to what is known of its sample, and takes it back some steps so that the rest comes to fit.
#ifndef UNCLIP_MODEL_DIFFUSION_REPAINTER_H_
#define UNCLIP_MODEL_DIFFUSION_REPAINTER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/diffusion/noise_source.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// What is known of a sample of [1, C, H, W], and how the rest is drawn.
struct Repainting {
  at::Tensor known;     // [1, C, H, W] float32, the finished sample; looked at only where it is known
  at::Tensor is_known;  // [1, 1, H, W] bool
  // The run goes over each stretch of `jump_length` steps, counted from its last step but one, `resample_count` times. Both ≥ 1;
  // with 1, or where the run has no more than `jump_length` steps, it goes straight through.
  int resample_count = 1;
  int jump_length = 1;
};

// One run's. Source: Lugmayr et al. 2022 (2201.09865), algorithm 1 and appendix B; the reference implementation's
// scheduler.get_schedule_jump(), whose time t is here step S - 1 - t of S. On a jump back the sample is given the noise of all
// its steps at once, which is the same distribution as step by step. Not thread-safe.
class Repainter {
 public:
  // Where a run goes on.
  struct Place {
    int step = 0;
    at::Tensor x;  // [1, C, H, W]
  };

  // For a sampler with `timesteps` over `scheduler`. `stage` is that of the run's noise. `known` and `is_known` are where the run
  // is.
  Repainter(Repainting repainting, const UnclipScheduler& scheduler, const std::vector<int>& timesteps, uint32_t stage);

  // Steps that the run does, counting each as often as it is done.
  int StepsInAll() const;

  // How often the run came to `step` before it came there now.
  int RoundOf(int step) const { return arrivals_[step] - 1; }

  // `x`, before the first step, with what is known at that level of noise.
  at::Tensor Start(const at::Tensor& x, NoiseSource& noise) { return Arrive(0, x, noise).x; }

  // The run has come to `step` (the steps' number: its end) with `x`: where it goes on, and with what.
  Place Arrive(int step, const at::Tensor& x, NoiseSource& noise);

  // `sample` [1, C, H, W] with what is known, without noise, in its place.
  at::Tensor WithKnown(const at::Tensor& sample) const;

 private:
  // Noise as large as the sample, where the sample is.
  at::Tensor Draw(NoiseKey::Use use, int step, NoiseSource& noise) const;

  const Repainting repainting_;
  const uint32_t stage_;
  std::vector<double> signal_;   // alpha_cumprod before each step, and 1 at the end
  std::vector<int> jumps_left_;  // back from there, of each step
  std::vector<int> arrivals_;    // at each step and at the end
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_REPAINTER_H_
