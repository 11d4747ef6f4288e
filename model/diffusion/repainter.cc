#include "model/diffusion/repainter.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <utility>

#include "model/device_option.h"

namespace unclip::model {

Repainter::Repainter(Repainting repainting, const UnclipScheduler& scheduler, const std::vector<int>& timesteps, uint32_t stage)
    : repainting_(std::move(repainting)),
      stage_(stage),
      jumps_left_(timesteps.size() + 1, 0),
      arrivals_(timesteps.size() + 1, 0) {
  for (const int timestep : timesteps) signal_.push_back(scheduler.alphas_cumprod()[timestep]);
  signal_.push_back(1);
  for (int step = static_cast<int>(timesteps.size()) - 1; step >= repainting_.jump_length; step -= repainting_.jump_length) {
    jumps_left_[step] = repainting_.resample_count - 1;
  }
}

int Repainter::StepsInAll() const {
  const int steps = static_cast<int>(signal_.size()) - 1;
  const int stretches = (steps - 1) / repainting_.jump_length;
  return steps + stretches * repainting_.jump_length * (repainting_.resample_count - 1);
}

Repainter::Place Repainter::Arrive(int step, const at::Tensor& x, NoiseSource& noise) {
  Place place = {.step = step, .x = x};
  ++arrivals_[step];
  if (jumps_left_[step] > 0) {
    --jumps_left_[step];
    place.step = step - repainting_.jump_length;
    ++arrivals_[place.step];
    const double kept = signal_[place.step] / signal_[step];  // of the signal, by the jump
    place.x = x * std::sqrt(kept) + Draw(NoiseKey::kRenoise, step, noise) * std::sqrt(1 - kept);
  }
  const double signal = signal_[place.step];
  if (signal == 1) {
    place.x = WithKnown(place.x);
    return place;
  }
  const at::Tensor noised =
      repainting_.known * std::sqrt(signal) + Draw(NoiseKey::kKnown, place.step, noise) * std::sqrt(1 - signal);
  place.x = at::where(repainting_.is_known, noised, place.x);
  return place;
}

at::Tensor Repainter::WithKnown(const at::Tensor& sample) const {
  return at::where(repainting_.is_known, repainting_.known, sample);
}

at::Tensor Repainter::Draw(NoiseKey::Use use, int step, NoiseSource& noise) const {
  const at::Tensor drawn =
      noise.Draw({.stage = stage_, .step = step, .use = use, .round = RoundOf(step)}, repainting_.known.sizes().vec());
  return ToDevice(drawn, repainting_.known.device());
}

}  // namespace unclip::model
