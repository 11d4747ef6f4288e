// How the learning rate goes over a run.
#ifndef UNCLIP_TRAIN_LEARNING_RATE_H_
#define UNCLIP_TRAIN_LEARNING_RATE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace unclip::train {

struct LearningRate {
  double peak = 1e-4;
  int64_t warmup_steps = 100;  // rising evenly from 0
  int64_t steps = 1;           // of the whole run
  double final_share = 0.02;   // of the peak, at the end

  // Of step 0 .. steps - 1: the peak times a half cosine down to `final_share`, times the warm-up.
  double At(int64_t step) const {
    const double progress = std::min(1.0, static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, steps)));
    const double cosine = 0.5 + 0.5 * std::cos(std::numbers::pi * progress);
    const double warm =
        warmup_steps == 0 ? 1.0 : std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(warmup_steps));
    return peak * warm * (final_share + (1 - final_share) * cosine);
  }
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_LEARNING_RATE_H_
