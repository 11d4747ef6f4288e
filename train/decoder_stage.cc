#include "train/decoder_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/scheduler_config.h"
#include "model/torch_guard.h"
#include "services/decoder/base_sampler.h"
#include "train/initialization.h"

namespace unclip::train {
absl::StatusOr<std::unique_ptr<DecoderStage>> DecoderStage::Create(const std::string& text_to_image_dir,
                                                                   std::unique_ptr<const FrozenClip> clip,
                                                                   const DecoderStageOptions& options) {
  ASSIGN_OR_RETURN(const decoder::UnetConfig unet, decoder::ReadBaseUnetConfig(text_to_image_dir + "/decoder"));
  ASSIGN_OR_RETURN(const decoder::TextProjectionConfig projection,
                   decoder::ReadTextProjectionConfig(text_to_image_dir + "/text_proj"));
  ASSIGN_OR_RETURN(const model::UnclipScheduler::Options scheduler,
                   model::ReadSchedulerConfig(text_to_image_dir + "/decoder_scheduler"));
  return std::unique_ptr<DecoderStage>(new DecoderStage(unet, projection, scheduler, std::move(clip), options));
}

DecoderStage::DecoderStage(const decoder::UnetConfig& unet_config, const decoder::TextProjectionConfig& projection_config,
                           const model::UnclipScheduler::Options& scheduler, std::unique_ptr<const FrozenClip> clip,
                           const DecoderStageOptions& options)
    : unet_config_(unet_config),
      projection_config_(projection_config),
      scheduler_(scheduler),
      clip_(std::move(clip)),
      options_(options),
      loss_(scheduler, options.loss),
      unet_parameters_("decoder", InitialValues(options.seed)),
      projection_parameters_("text_proj", InitialValues(options.seed + 1)) {
  // So that all parameters are known from the start.
  const decoder::Unet unet(unet_config_, unet_parameters_);
  const decoder::TextProjection projection(projection_config_, projection_parameters_);
  if (options_.loss.variational_weight == 0) FixVariance();
}

void DecoderStage::FixVariance() {
  const int64_t variances = unet_config_.out_channels - unet_config_.in_channels;
  if (variances <= 0) return;
  const at::NoGradGuard no_grad;
  const TrainableParameters::Entry& bias = *unet_parameters_.Find("conv_out.bias");
  // The weights before it begin at 0, and without a loss they stay there.
  for (const at::Tensor& values : {bias.value, bias.average}) values.narrow(0, unet_config_.in_channels, variances).fill_(-1);
}

DiffusionLoss::Terms DecoderStage::LossOf(const Inputs& inputs, at::ScalarType compute_type) {
  unet_parameters_.set_compute_type(compute_type);
  projection_parameters_.set_compute_type(compute_type);
  const decoder::Unet unet(unet_config_, unet_parameters_);
  const decoder::TextProjection projection(projection_config_, projection_parameters_);
  const int64_t count = inputs.pictures.size(0);
  const at::Tensor null = projection.NullImageEmbeddings(count);  // [N, D]
  const at::Tensor images =
      at::where(inputs.drops_image_embedding.unsqueeze(1), null, inputs.image_embeddings.to(null.options()));  // [N, D]
  const decoder::TextProjection::Output projected = projection.Forward(images, inputs.text.embeddings, inputs.text.hidden_states);
  const decoder::Unet::Context context = {
      .tokens = projected.context,  // [N, P + T, X]
      .mask = at::constant_pad_nd(inputs.text.mask, {projection_config_.clip_extra_context_tokens, 0}, 1),
      .class_labels = projected.class_labels};
  const at::Tensor noised = loss_.AddNoise(inputs.pictures, inputs.timesteps, inputs.noise);
  const at::Tensor output = unet.PredictOnce(noised, inputs.timesteps, &context);
  return loss_(output, inputs.pictures, noised, inputs.noise, inputs.timesteps);
}

at::Tensor DecoderStage::Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) {
  const int64_t count = batch.pictures.size(0);
  const auto chance = [&](double share) { return at::rand({count}, random, at::kFloat) < share; };
  Inputs inputs;
  inputs.pictures = batch.pictures;
  inputs.image_embeddings = clip_->EncodeImages(batch.pictures);
  inputs.drops_image_embedding = chance(options_.drop_image_embedding);
  inputs.text = clip_->EncodeText(batch.captions).OrWhere(~chance(options_.drop_caption), clip_->empty_text());
  inputs.timesteps = loss_.DrawTimesteps(count, 0, loss_.timestep_count() - 1, random);
  inputs.noise = at::empty_like(batch.pictures).normal_(0, 1, random);
  const DiffusionLoss::Terms terms = LossOf(inputs, compute_type);
  figures.emplace_back("mse", terms.error.item<double>());
  if (terms.variational.defined()) figures.emplace_back("vlb", terms.variational.item<double>());
  return terms.total;
}

absl::StatusOr<Figures> DecoderStage::Validate(const HeldOut& held_out, const std::string& grid_path) {
  return model::TorchGuard([&]() -> absl::StatusOr<Figures> {
    AveragedParameters unet_averages(unet_parameters_), projection_averages(projection_parameters_);
    const decoder::Unet unet(unet_config_, unet_averages);
    const decoder::TextProjection projection(projection_config_, projection_averages);
    const model::UnclipScheduler scheduler(scheduler_);
    ASSIGN_OR_RETURN(const TrainingBatch batch, ReadHeldOut(held_out, options_.validation_pictures, unet_config_.sample_size));
    const int64_t count = batch.pictures.size(0);
    const TextEncoding text = clip_->EncodeText(batch.captions);
    const TextEncoding empty = clip_->empty_text().OrWhere(at::ones({count}, at::kBool), clip_->empty_text());  // `count` rows
    decoder::BaseSampling sampling;
    sampling.image_embeddings = clip_->EncodeImages(batch.pictures);
    sampling.text_embeddings = at::cat({empty.embeddings, text.embeddings});
    sampling.hidden_states = at::cat({empty.hidden_states, text.hidden_states});
    sampling.attention_mask = at::cat({empty.mask, text.mask});
    sampling.sampler.step_count = options_.validation_steps;
    sampling.has_guidance = true;
    sampling.guidance_scale = options_.guidance_scale;
    model::PhiloxNoise noise(/*seed=*/1);
    ASSIGN_OR_RETURN(std::unique_ptr<decoder::BaseSamplingRun> run,
                     decoder::BaseSamplingRun::Start(unet, projection, scheduler, sampling, noise));
    while (!run->denoise().done()) {
      decoder::BaseSamplingRun* const runs[] = {run.get()};
      RETURN_IF_ERROR(decoder::StepBase(runs, /*lanes=*/nullptr).front());
    }
    return ScorePictures(held_out, run->Pictures(), grid_path);
  });
}

}  // namespace unclip::train
