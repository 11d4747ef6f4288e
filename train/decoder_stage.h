// Training of the base decoder and of the projection that conditions it.
#ifndef UNCLIP_TRAIN_DECODER_STAGE_H_
#define UNCLIP_TRAIN_DECODER_STAGE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/decoder/text_projection.h"
#include "services/decoder/unet.h"
#include "train/diffusion_loss.h"
#include "train/frozen_clip.h"
#include "train/training_stage.h"

namespace unclip::train {

struct DecoderStageOptions {
  DiffusionLossOptions loss;          // with a variational_weight of 0 the variance is the posterior's
  double drop_caption = 0.5;          // share of captions replaced by the empty one
  double drop_image_embedding = 0.1;  // share of image embeddings replaced by the learned one
  double guidance_scale = 3;          // of validation's samples
  int validation_steps = 20;
  int validation_pictures = 48;
  uint64_t seed = 0;  // of the first values
};

// Source: unCLIP (2204.06125) §2.1.
class DecoderStage : public TrainingStage {
 public:
  // All that one step is made of besides the parameters. N pictures.
  struct Inputs {
    at::Tensor pictures;               // [N, 3, S, S]
    at::Tensor image_embeddings;       // [N, D]
    at::Tensor drops_image_embedding;  // [N] bool
    TextEncoding text;                 // of N captions, dropped ones already replaced
    at::Tensor timesteps;              // [N] int64
    at::Tensor noise;                  // [N, 3, S, S]
  };

  // Reads the configs of decoder/, text_proj/ and decoder_scheduler/ in `text_to_image_dir`.
  static absl::StatusOr<std::unique_ptr<DecoderStage>> Create(const std::string& text_to_image_dir,
                                                              std::unique_ptr<const FrozenClip> clip,
                                                              const DecoderStageOptions& options);

  std::vector<TrainableParameters*> parameters() override { return {&unet_parameters_, &projection_parameters_}; }
  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) override;
  absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) override;

  // The same for given inputs.
  DiffusionLoss::Terms LossOf(const Inputs& inputs, at::ScalarType compute_type);

 private:
  DecoderStage(const decoder::UnetConfig& unet_config, const decoder::TextProjectionConfig& projection_config,
               const model::UnclipScheduler::Options& scheduler, std::unique_ptr<const FrozenClip> clip,
               const DecoderStageOptions& options);

  // Makes the learned variance the posterior's, for good. The bound makes it cover the error of the mean: while that is large
  // beside a single step's variance, the variance leaves its range, and far too much noise is added where sampling takes long
  // steps.
  void FixVariance();

  const decoder::UnetConfig unet_config_;
  const decoder::TextProjectionConfig projection_config_;
  const model::UnclipScheduler::Options scheduler_;
  const std::unique_ptr<const FrozenClip> clip_;
  const DecoderStageOptions options_;
  const DiffusionLoss loss_;
  TrainableParameters unet_parameters_;
  TrainableParameters projection_parameters_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DECODER_STAGE_H_
