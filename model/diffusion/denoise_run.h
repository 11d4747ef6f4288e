// A diffusion run that is stepped from outside, so that several can share the model's forward passes.
#ifndef UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_
#define UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/sampler.h"

namespace unclip::model {

// From noise to a sample of `shape` [N, C, ...]: ask the model for x() at timestep(), hand its answer to Advance(), until done().
// Draws {stage, NoiseKey::kStart}, then {stage, i} for each step i that needs noise. Not thread-safe.
class DenoiseRun {
 public:
  // `noise` must outlive the run. It is drawn on the CPU, so that it is the same on every device, and then brought to `device`,
  // where all else of the run is.
  DenoiseRun(std::unique_ptr<Sampler> sampler, NoiseSource& noise, uint32_t stage, std::vector<int64_t> shape,
             at::Device device = at::kCPU);

  int step() const { return step_; }  // steps done
  int step_count() const { return static_cast<int>(sampler_->timesteps().size()); }
  bool done() const { return step_ == step_count(); }

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

  std::unique_ptr<Sampler> sampler_;
  NoiseSource& noise_;
  const uint32_t stage_;
  const std::vector<int64_t> shape_;
  const at::Device device_;
  int step_ = 0;
  at::Tensor x_;
  at::Tensor original_sample_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_DENOISE_RUN_H_
