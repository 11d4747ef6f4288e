#include "model/diffusion/sampler.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/diffusion/ddim_sampler.h"
#include "model/diffusion/dpm_solver_sampler.h"

namespace unclip::model {
namespace {

class AncestralSampler final : public Sampler {
 public:
  AncestralSampler(const UnclipScheduler& scheduler, std::vector<int> timesteps)
      : scheduler_(scheduler), timesteps_(std::move(timesteps)) {}

  const std::vector<int>& timesteps() const override { return timesteps_; }

  bool NeedsNoise(int index) const override { return timesteps_[index] > 0; }

  Step Advance(int index, const at::Tensor& model_output, const at::Tensor& sample, const at::Tensor& noise) override {
    const int timestep = timesteps_[index];
    const bool is_last = index + 1 == static_cast<int>(timesteps_.size());
    return scheduler_.Advance(model_output, timestep, is_last ? timestep - 1 : timesteps_[index + 1], sample, noise);
  }

 private:
  const UnclipScheduler& scheduler_;
  const std::vector<int> timesteps_;
};

absl::Status CheckEta(const SamplerOptions& options) {
  const double max_eta = options.kind == SamplerKind::kDdim ? 1 : 0;
  if (options.eta >= 0 && options.eta <= max_eta) return absl::OkStatus();  // false for NaN
  return absl::InvalidArgumentError(
      absl::StrCat("eta is ", options.eta, "; it must be ", max_eta > 0 ? "0 to 1" : "0 unless the sampler is DDIM"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(const UnclipScheduler& scheduler, const SamplerOptions& options) {
  RETURN_IF_ERROR(CheckEta(options));
  switch (options.kind) {
    case SamplerKind::kAncestral: {
      ASSIGN_OR_RETURN(std::vector<int> timesteps, scheduler.Timesteps(options.step_count));
      return std::make_unique<AncestralSampler>(scheduler, std::move(timesteps));
    }
    case SamplerKind::kDdim: {
      ASSIGN_OR_RETURN(std::vector<int> timesteps, DdimSampler::Timesteps(scheduler, options.step_count));
      return std::make_unique<DdimSampler>(scheduler, std::move(timesteps), options.eta);
    }
    case SamplerKind::kDpmSolver: {
      ASSIGN_OR_RETURN(std::vector<int> timesteps, DpmSolverSampler::Timesteps(scheduler, options.step_count));
      return std::make_unique<DpmSolverSampler>(scheduler, std::move(timesteps));
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no sampler of kind ", static_cast<int>(options.kind)));
}

}  // namespace unclip::model
