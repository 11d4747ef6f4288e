// How a diffusion model is sampled: which timesteps are asked for, and what becomes of each answer.
#ifndef UNCLIP_MODEL_DIFFUSION_SAMPLER_H_
#define UNCLIP_MODEL_DIFFUSION_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "model/diffusion/sampler_options.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// Serves one run, from its first step to its last; multistep samplers remember what they saw. Not thread-safe. Letters: N batch,
// C channels.
class Sampler {
 public:
  // What one step gives.
  using Step = UnclipScheduler::Step;

  virtual ~Sampler() = default;

  // The timestep of each step, falling.
  virtual const std::vector<int>& timesteps() const = 0;

  // Whether step `index` adds noise.
  virtual bool NeedsNoise(int index) const = 0;

  // Step `index`, called once for each in order, unless Restart() is called in between. `model_output` [N, C, ...], or [N, 2C,
  // ...] where the model also predicts its variance; `sample` [N, C, ...]; `noise` as `sample`, undefined unless NeedsNoise().
  // All float32.
  virtual Step Advance(int index, const at::Tensor& model_output, const at::Tensor& sample, const at::Tensor& noise) = 0;

  // The next step may be any one: what was seen of the steps before says nothing of it.
  virtual void Restart() {}
};

// A sampler over the schedule of `scheduler`, which must outlive it. INVALID_ARGUMENT when the step count is impossible: of T
// training timesteps, kAncestral takes 2 to T steps, kDdim 1 to T, kDpmSolver 1 to T - 1; or when eta is not in 0 .. 1, or not 0
// for another kind than kDdim.
absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(const UnclipScheduler& scheduler, const SamplerOptions& options);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_SAMPLER_H_
