#include "train/prior_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>

#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/philox_noise.h"
#include "model/diffusion/scheduler_config.h"
#include "model/torch_guard.h"
#include "services/prior/prior_sampler.h"
#include "train/initialization.h"
#include "train/statistics_batches.h"

namespace unclip::train {
namespace {

// Until Prepare() knows better: clip_std is divided by.
TrainableParameters::Initializer FirstValues(uint64_t seed) {
  return [seed](const model::Parameter& parameter) {
    if (parameter.name == "clip_std") return at::ones(parameter.shape, at::kFloat);
    return InitialValue(parameter, seed);
  };
}

double MeanCosine(const at::Tensor& a, const at::Tensor& b) { return at::cosine_similarity(a, b, 1).mean().item<double>(); }

}  // namespace

absl::StatusOr<std::unique_ptr<PriorStage>> PriorStage::Create(const std::string& text_to_image_dir,
                                                               std::unique_ptr<const FrozenClip> clip,
                                                               const PriorStageOptions& options) {
  ASSIGN_OR_RETURN(const prior::PriorConfig config, prior::ReadPriorConfig(text_to_image_dir + "/prior"));
  ASSIGN_OR_RETURN(const model::UnclipScheduler::Options scheduler,
                   model::ReadSchedulerConfig(text_to_image_dir + "/prior_scheduler"));
  return std::unique_ptr<PriorStage>(new PriorStage(config, scheduler, std::move(clip), options));
}

PriorStage::PriorStage(const prior::PriorConfig& config, const model::UnclipScheduler::Options& scheduler,
                       std::unique_ptr<const FrozenClip> clip, const PriorStageOptions& options)
    : config_(config),
      scheduler_(scheduler),
      clip_(std::move(clip)),
      options_(options),
      loss_(scheduler, options.loss),
      parameters_("prior", FirstValues(options.seed), /*constants=*/{"clip_mean", "clip_std"}) {
  const prior::PriorTransformer network(config_, parameters_);  // so that all parameters are known from the start
}

absl::Status PriorStage::Prepare(const Dataset& data) {
  std::vector<at::Tensor> embeddings;
  RETURN_IF_ERROR(
      ForEachStatisticsBatch(data, options_.statistics_pictures, options_.picture_size,
                             [&](const TrainingBatch& batch) { embeddings.push_back(clip_->EncodeImages(batch.pictures)); }));
  const at::Tensor all = at::cat(embeddings);  // [pictures, D]
  RETURN_IF_ERROR(parameters_.Set("clip_mean", all.mean({0}, /*keepdim=*/true)));
  return parameters_.Set("clip_std", all.std(std::vector<int64_t>{0}, /*unbiased=*/true, /*keepdim=*/true).clamp_min(1e-6));
}

DiffusionLoss::Terms PriorStage::LossOf(const Inputs& inputs, at::ScalarType compute_type) {
  parameters_.set_compute_type(compute_type);
  const prior::PriorTransformer network(config_, parameters_);
  const at::Tensor noised = loss_.AddNoise(inputs.embeddings, inputs.timesteps, inputs.noise);
  const at::Tensor output = network.PredictOnce(noised, inputs.timesteps, inputs.text.embeddings, inputs.text.hidden_states,
                                                inputs.text.mask);  // [N, D]
  return loss_(output, inputs.embeddings, noised, inputs.noise, inputs.timesteps);
}

at::Tensor PriorStage::Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) {
  const int64_t count = batch.pictures.size(0);
  const TrainableParameters::Entry* mean = parameters_.Find("clip_mean");
  const TrainableParameters::Entry* deviation = parameters_.Find("clip_std");
  Inputs inputs;
  inputs.embeddings = (clip_->EncodeImages(batch.pictures) - mean->value) / deviation->value;
  const at::Tensor keeps = at::rand({count}, random, at::kFloat) >= options_.drop_caption;
  inputs.text = clip_->EncodeText(batch.captions).OrWhere(keeps, clip_->empty_text());
  inputs.timesteps = loss_.DrawTimesteps(count, 0, loss_.timestep_count() - 1, random);
  inputs.noise = at::empty_like(inputs.embeddings).normal_(0, 1, random);
  const DiffusionLoss::Terms terms = LossOf(inputs, compute_type);
  figures.emplace_back("mse", terms.error.item<double>());
  return terms.total;
}

absl::StatusOr<at::Tensor> PriorStage::Sample(const prior::PriorTransformer& network, const TextEncoding& text,
                                              double guidance_scale) const {
  const int64_t count = text.embeddings.size(0);
  const model::UnclipScheduler scheduler(scheduler_);
  const TextEncoding empty = clip_->empty_text().OrWhere(at::ones({count}, at::kBool), clip_->empty_text());  // `count` rows
  prior::PriorSampling sampling;
  sampling.text_embedding = at::cat({empty.embeddings, text.embeddings});
  sampling.hidden_states = at::cat({empty.hidden_states, text.hidden_states});
  sampling.attention_mask = at::cat({empty.mask, text.mask});
  sampling.sampler.step_count = options_.validation_steps;
  sampling.has_guidance = true;
  sampling.guidance_scale = guidance_scale;
  model::PhiloxNoise noise(/*seed=*/1);
  ASSIGN_OR_RETURN(std::unique_ptr<prior::PriorSamplingRun> run,
                   prior::PriorSamplingRun::Start(network, scheduler, sampling, noise));
  while (!run->denoise().done()) {
    prior::PriorSamplingRun* const runs[] = {run.get()};
    RETURN_IF_ERROR(prior::StepPrior(runs).front());
  }
  return run->Embeddings();
}

absl::StatusOr<Figures> PriorStage::Validate(const HeldOut& held_out, const std::string& /*grid_path*/) {
  return model::TorchGuard([&]() -> absl::StatusOr<Figures> {
    ASSIGN_OR_RETURN(const TrainingBatch batch, ReadHeldOut(held_out, options_.validation_pictures, options_.picture_size));
    AveragedParameters averages(parameters_);
    const prior::PriorTransformer network(config_, averages);
    const TextEncoding text = clip_->EncodeText(batch.captions);
    const at::Tensor truth = clip_->EncodeImages(batch.pictures);
    ASSIGN_OR_RETURN(const at::Tensor plain, Sample(network, text, 1));
    ASSIGN_OR_RETURN(const at::Tensor guided, Sample(network, text, options_.guidance_scale));
    return Figures{{"cosine", MeanCosine(plain, truth)},
                   {"cosine_guided", MeanCosine(guided, truth)},
                   {"cosine_text", MeanCosine(text.embeddings, truth)}};
  });
}

}  // namespace unclip::train
