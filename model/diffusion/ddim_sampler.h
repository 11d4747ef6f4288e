// DDIM: few steps, with as much fresh noise as is asked for.
#ifndef UNCLIP_MODEL_DIFFUSION_DDIM_SAMPLER_H_
#define UNCLIP_MODEL_DIFFUSION_DDIM_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"
#include "model/diffusion/sampler.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// Song et al. 2020 (2010.02502) formulas (12) and (16); reference schedulers/scheduling_ddim.py with timestep_spacing "linspace",
// set_alpha_to_one and use_clipped_model_output. It differs where the reference
// - steps to t - num_train_timesteps / steps, though its model next sees another timestep: here that timestep is stepped to;
// - looks at timestep 0 alone in a run of one step: here that is the noisiest, which the sample that a run starts from belongs
// to;
// - computes the coefficients in float32, where formula (12) may take the root of a negative number: here they are float64.
class DdimSampler final : public Sampler {
 public:
  // The timesteps of a run: UnclipScheduler::Timesteps(), or the noisiest alone. INVALID_ARGUMENT unless
  // 1 ≤ step_count ≤ num_train_timesteps.
  static absl::StatusOr<std::vector<int>> Timesteps(const UnclipScheduler& scheduler, int step_count);

  // `timesteps` fall; the last step goes to x0. `eta` is 0 (no noise) to 1 (that of ancestral sampling).
  DdimSampler(const UnclipScheduler& scheduler, std::vector<int> timesteps, double eta);

  const std::vector<int>& timesteps() const override { return timesteps_; }
  bool NeedsNoise(int index) const override { return eta_ > 0 && !IsLast(index); }
  Step Advance(int index, const at::Tensor& model_output, const at::Tensor& sample, const at::Tensor& noise) override;

 private:
  bool IsLast(int index) const { return index + 1 == static_cast<int>(timesteps_.size()); }

  const UnclipScheduler& scheduler_;
  const std::vector<int> timesteps_;
  const double eta_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_DDIM_SAMPLER_H_
