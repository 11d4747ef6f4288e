// A diffusion run that is stepped from outside, so that several can share the model's forward passes.
#ifndef UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_
#define UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/repainter.h"
#include "model/diffusion/sampler.h"

namespace unclip::model {

// From noise to a sample of `shape` [N, C, ...]: ask the model for x() at timestep(), hand its answer to Advance(), until done().
// Draws {stage, NoiseKey::kStart}, then {stage, i} for each step i that needs noise, and what a Repainter draws. Not thread-safe.
class DenoiseRun {
 public:
  // `noise` must outlive the run. It is drawn on the CPU, so that it is the same on every device, and then brought to `device`,
  // where all else of the run is. With a `repainter`, the run keeps to what that knows, and does some steps several times.
  DenoiseRun(std::unique_ptr<Sampler> sampler, NoiseSource& noise, uint32_t stage, std::vector<int64_t> shape,
             at::Device device = at::kCPU, std::optional<Repainter> repainter = std::nullopt);

  // Where the run is: the index of its next step, of the sampler's.
  int step() const { return step_; }
  int step_count() const { return static_cast<int>(sampler_->timesteps().size()); }
  bool done() const { return step_ == step_count(); }

  // What of its work is done: the same, unless steps are done several times.
  int steps_done() const { return steps_done_; }
  int steps_in_all() const { return repainter_ ? repainter_->StepsInAll() : step_count(); }

  // The timesteps of all steps, falling.
  const std::vector<int>& timesteps() const { return sampler_->timesteps(); }

  // What the model is to look at next (the finished sample once done()), and at which timestep (not once done()). Float32.
  const at::Tensor& x() const { return x_; }
  int timestep() const { return timesteps()[step_]; }

  // The running estimate of the finished sample, after the first step.
  const at::Tensor& original_sample() const { return original_sample_; }

  // Takes what the model said of x(), guidance applied: [N, C, ...] or [N, 2C, ...] float32. INTERNAL when it is not finite.
  absl::Status Advance(const at::Tensor& model_output);

  // The same for several runs of one device, each with its own output. It waits for a GPU once, at the end, so that the CPU draws
  // the noise while the GPU still computes the outputs.
  static std::vector<absl::Status> AdvanceAll(absl::Span<DenoiseRun* const> runs, absl::Span<const at::Tensor> model_outputs);

 private:
  Sampler::Step NextStep(const at::Tensor& model_output);
  void Arrive(Sampler::Step step);

  std::unique_ptr<Sampler> sampler_;
  NoiseSource& noise_;
  const uint32_t stage_;
  const std::vector<int64_t> shape_;
  const at::Device device_;
  std::optional<Repainter> repainter_;
  int step_ = 0;
  int steps_done_ = 0;
  at::Tensor x_;
  at::Tensor original_sample_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_
