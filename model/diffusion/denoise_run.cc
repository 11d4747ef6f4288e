#include "model/diffusion/denoise_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace unclip::model {

DenoiseRun::DenoiseRun(std::unique_ptr<Sampler> sampler, NoiseSource& noise, uint32_t stage, std::vector<int64_t> shape)
    : sampler_(std::move(sampler)),
      noise_(noise),
      stage_(stage),
      shape_(std::move(shape)),
      x_(noise.Draw({stage, NoiseKey::kStart}, shape_)) {}

absl::Status DenoiseRun::Advance(const at::Tensor& model_output) {
  // Before the clamp, which would turn an infinity into a plausible value.
  if (!at::isfinite(model_output).all().item<bool>()) {
    return absl::InternalError(absl::StrCat("the model gave values that are not finite at timestep ", timestep()));
  }
  const at::Tensor noise = sampler_->NeedsNoise(step_) ? noise_.Draw({stage_, step_}, shape_) : at::Tensor();
  Sampler::Step step = sampler_->Advance(step_, model_output, x_, noise);
  x_ = std::move(step.previous_sample);
  original_sample_ = std::move(step.original_sample);
  ++step_;
  return absl::OkStatus();
}

}  // namespace unclip::model
