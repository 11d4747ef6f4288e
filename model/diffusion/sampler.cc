#include "model/diffusion/sampler.h"

#include <utility>

#include "base/status_macros.h"

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

}  // namespace

absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(const UnclipScheduler& scheduler, const SamplerOptions& options) {
  ASSIGN_OR_RETURN(std::vector<int> timesteps, scheduler.Timesteps(options.step_count));
  return std::make_unique<AncestralSampler>(scheduler, std::move(timesteps));
}

}  // namespace unclip::model
