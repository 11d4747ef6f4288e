#include "train/upsampler_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/scheduler_config.h"
#include "model/torch_guard.h"
#include "services/decoder/unet_config.h"
#include "services/decoder/upsampler.h"
#include "train/initialization.h"

namespace unclip::train {
namespace {

// Peak signal-to-noise ratio of pictures in -1..1.
double PsnrOf(const at::Tensor& pictures, const at::Tensor& truth) {
  return 10 * std::log10(4.0 / ((pictures.clamp(-1, 1) - truth).square().mean().item<double>() + 1e-12));
}

}  // namespace

absl::StatusOr<std::unique_ptr<UpsamplerStage>> UpsamplerStage::Create(const std::string& text_to_image_dir,
                                                                       const UpsamplerStageOptions& options) {
  ASSIGN_OR_RETURN(const decoder::UnetConfig config,
                   decoder::ReadUpsamplerUnetConfig(text_to_image_dir + "/" + options.component));
  ASSIGN_OR_RETURN(const model::UnclipScheduler::Options scheduler,
                   model::ReadSchedulerConfig(text_to_image_dir + "/" + options.scheduler));
  return std::unique_ptr<UpsamplerStage>(new UpsamplerStage(config, scheduler, options));
}

UpsamplerStage::UpsamplerStage(const decoder::UnetConfig& config, const model::UnclipScheduler::Options& scheduler,
                               const UpsamplerStageOptions& options)
    : config_(config),
      scheduler_(scheduler),
      options_(options),
      loss_(scheduler, options.loss),
      degradation_(options.degradation),
      parameters_(options.component, InitialValues(options.seed)) {
  const decoder::Unet unet(config_, parameters_);  // so that all parameters are known from the start
}

at::Tensor UpsamplerStage::Enlarge(const at::Tensor& small) const {
  const int64_t size = small.size(2) * options_.scale;
  return at::_upsample_bicubic2d_aa(small.contiguous(), {size, size}, /*align_corners=*/false);  // [N, 3, size, size]
}

at::Tensor UpsamplerStage::Shrink(const at::Tensor& pictures) const {
  return at::avg_pool2d(pictures.contiguous(), options_.scale);  // [N, 3, S / scale, S / scale]
}

DiffusionLoss::Terms UpsamplerStage::LossOf(const Inputs& inputs, at::ScalarType compute_type) {
  parameters_.set_compute_type(compute_type);
  const decoder::Unet unet(config_, parameters_);
  const at::Tensor noised = loss_.AddNoise(inputs.pictures, inputs.timesteps, inputs.noise);
  const at::Tensor output =
      unet.PredictOnce(at::cat({noised, inputs.upscaled}, 1), inputs.timesteps, /*context=*/nullptr);  // [N, 3, S, S]
  return loss_(output, inputs.pictures, noised, inputs.noise, inputs.timesteps);
}

at::Tensor UpsamplerStage::Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random,
                                Figures& figures) {
  Inputs inputs;
  inputs.pictures = batch.pictures;
  inputs.upscaled = Enlarge(degradation_(Shrink(batch.pictures), random));
  inputs.timesteps = loss_.DrawTimesteps(batch.pictures.size(0), options_.first_timestep, options_.last_timestep, random);
  inputs.noise = at::empty_like(batch.pictures).normal_(0, 1, random);
  const DiffusionLoss::Terms terms = LossOf(inputs, compute_type);
  figures.emplace_back("mse", terms.error.item<double>());
  return terms.total;
}

absl::StatusOr<Figures> UpsamplerStage::Validate(const HeldOut& held_out, const std::string& grid_path) {
  return model::TorchGuard([&]() -> absl::StatusOr<Figures> {
    AveragedParameters averages(parameters_);
    const decoder::Unet unet(config_, averages);
    const model::UnclipScheduler scheduler(scheduler_);
    ASSIGN_OR_RETURN(const TrainingBatch batch, ReadHeldOut(held_out, options_.validation_pictures, config_.sample_size));
    const at::Tensor small = Shrink(batch.pictures);  // [N, 3, s, s]
    model::PhiloxNoise noise(/*seed=*/1);
    const decoder::UpsamplerNetworks networks = {.first = unet, .last = unet};
    decoder::Upsampling upsampling = {.pictures = small, .sampler = {}};
    upsampling.sampler.step_count = options_.validation_steps;
    ASSIGN_OR_RETURN(std::unique_ptr<decoder::UpsamplingRun> run,
                     decoder::UpsamplingRun::Start(networks, scheduler, upsampling, noise, model::NoiseKey::kSuperRes));
    while (!run->denoise().done()) {
      decoder::UpsamplingRun* const runs[] = {run.get()};
      RETURN_IF_ERROR(decoder::StepUpsampling(runs, /*lanes=*/nullptr).front());
    }
    const at::Tensor pictures = run->Pictures();
    ASSIGN_OR_RETURN(Figures figures, ScorePictures(held_out, pictures, grid_path));
    figures.emplace_back("psnr", PsnrOf(pictures, batch.pictures));
    figures.emplace_back("psnr_bicubic", PsnrOf(Enlarge(small), batch.pictures));
    return figures;
  });
}

}  // namespace unclip::train
