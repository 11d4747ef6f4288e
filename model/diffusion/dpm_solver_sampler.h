// DPM-Solver++(2M): second order from what the step before saw, so few steps go far.
#ifndef UNCLIP_MODEL_DIFFUSION_DPM_SOLVER_SAMPLER_H_
#define UNCLIP_MODEL_DIFFUSION_DPM_SOLVER_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"
#include "model/diffusion/sampler.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// Lu et al. 2022 (2211.01095) algorithm 2, whose first and last steps are of first order; reference
// schedulers/scheduling_dpmsolver_multistep.py with algorithm_type "dpmsolver++", solver_order 2, solver_type "midpoint",
// timestep_spacing "linspace" and final_sigmas_type "zero". A step after Restart() is of first order as well. It differs in that
// x0 can be clamped, and in coefficients that are float64. It adds no noise.
class DpmSolverSampler final : public Sampler {
 public:
  // The timesteps of a run: UnclipScheduler::Timesteps() of one more, less the last, 0. INVALID_ARGUMENT unless
  // 1 ≤ step_count < num_train_timesteps (with more, a timestep would come twice, and the step between the two divides by 0).
  static absl::StatusOr<std::vector<int>> Timesteps(const UnclipScheduler& scheduler, int step_count);

  // `timesteps` fall; the last step goes to x0.
  DpmSolverSampler(const UnclipScheduler& scheduler, std::vector<int> timesteps);

  const std::vector<int>& timesteps() const override { return timesteps_; }
  bool NeedsNoise(int /*index*/) const override { return false; }
  Step Advance(int index, const at::Tensor& model_output, const at::Tensor& sample, const at::Tensor& noise) override;
  void Restart() override { last_estimate_.reset(); }

 private:
  // The signal's share at step `index`, from noise to 1 after the last.
  double CumprodAt(int index) const;

  const UnclipScheduler& scheduler_;
  const std::vector<int> timesteps_;
  at::Tensor last_estimate_;  // of x0, by the step before; undefined when there is none
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_DPM_SOLVER_SAMPLER_H_
