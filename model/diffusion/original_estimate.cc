#include "model/diffusion/original_estimate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>

#include <cmath>

namespace unclip::model {

at::Tensor EstimateOriginal(const UnclipScheduler::Options& options, double alpha_cumprod, const at::Tensor& model_output,
                            const at::Tensor& sample) {
  const bool is_learned = options.variance_type == UnclipScheduler::VarianceType::kLearnedRange;
  at::Tensor estimate = is_learned ? model_output.narrow(1, 0, sample.size(1)) : model_output;  // [N, C, ...]
  if (options.prediction_type == UnclipScheduler::PredictionType::kEpsilon) {
    // In the reference's order: the difference is divided by as little as 5e-5, which shows how it was rounded.
    estimate = (sample - estimate * std::sqrt(1 - alpha_cumprod)) / std::sqrt(alpha_cumprod);
  }
  return options.clip_sample ? at::clamp(estimate, -options.clip_sample_range, options.clip_sample_range) : estimate;
}

}  // namespace unclip::model
