#include "model/diffusion/denoise_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "model/device_option.h"

namespace unclip::model {

DenoiseRun::DenoiseRun(std::unique_ptr<Sampler> sampler, NoiseSource& noise, uint32_t stage, std::vector<int64_t> shape,
                       at::Device device, std::optional<Repainter> repainter)
    : sampler_(std::move(sampler)),
      noise_(noise),
      stage_(stage),
      shape_(std::move(shape)),
      device_(device),
      repainter_(std::move(repainter)),
      x_(ToDevice(noise.Draw({stage, NoiseKey::kStart}, shape_), device)) {
  if (repainter_) x_ = repainter_->Start(x_, noise_);
}

Sampler::Step DenoiseRun::NextStep(const at::Tensor& model_output) {
  at::Tensor noise;
  if (sampler_->NeedsNoise(step_)) {
    const int round = repainter_ ? repainter_->RoundOf(step_) : 0;
    noise = ToDevice(noise_.Draw({.stage = stage_, .step = step_, .use = NoiseKey::kSampling, .round = round}, shape_), device_);
  }
  return sampler_->Advance(step_, model_output, x_, noise);
}

void DenoiseRun::Arrive(Sampler::Step step) {
  x_ = std::move(step.previous_sample);
  original_sample_ = std::move(step.original_sample);
  ++step_;
  ++steps_done_;
  if (!repainter_) return;
  const Repainter::Place place = repainter_->Arrive(step_, x_, noise_);
  if (place.step != step_) sampler_->Restart();
  step_ = place.step;
  x_ = place.x;
  original_sample_ = repainter_->WithKnown(original_sample_);
}

absl::Status DenoiseRun::Advance(const at::Tensor& model_output) {
  DenoiseRun* const runs[] = {this};
  return AdvanceAll(runs, {model_output}).front();
}

std::vector<absl::Status> DenoiseRun::AdvanceAll(absl::Span<DenoiseRun* const> runs, absl::Span<const at::Tensor> model_outputs) {
  std::vector<at::Tensor> are_finite;
  std::vector<Sampler::Step> steps;
  for (size_t i = 0; i < runs.size(); ++i) {
    // Of the output, before the clamp, which would turn an infinity into a plausible value.
    are_finite.push_back(at::isfinite(model_outputs[i]).all());
    steps.push_back(runs[i]->NextStep(model_outputs[i]));
  }
  const at::Tensor finite = at::stack(are_finite).cpu();  // [runs], the one time that a GPU is waited for
  std::vector<absl::Status> results;
  for (size_t i = 0; i < runs.size(); ++i) {
    DenoiseRun& run = *runs[i];
    if (!finite.const_data_ptr<bool>()[i]) {
      results.push_back(
          absl::InternalError(absl::StrCat("the model gave values that are not finite at timestep ", run.timestep())));
      continue;
    }
    run.Arrive(std::move(steps[i]));
    results.push_back(absl::OkStatus());
  }
  return results;
}

}  // namespace unclip::model
