// Training of the diffusion prior.
#ifndef UNCLIP_TRAIN_PRIOR_STAGE_H_
#define UNCLIP_TRAIN_PRIOR_STAGE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/prior/prior_transformer.h"
#include "train/diffusion_loss.h"
#include "train/frozen_clip.h"
#include "train/training_stage.h"

namespace unclip::train {

struct PriorStageOptions {
  DiffusionLossOptions loss;
  double drop_caption = 0.1;       // share of captions replaced by the empty one
  int statistics_pictures = 2048;  // that the embeddings' mean and deviation are taken of
  int picture_size = 64;           // pixels a side, of these and of validation's
  double guidance_scale = 2;       // of validation's samples
  int validation_steps = 25;
  int validation_pictures = 200;
  uint64_t seed = 0;  // of the first values
};

// Source: unCLIP (2204.06125) §2.2: predicts the image embedding itself, scaled here by its mean and deviation over the data.
class PriorStage : public TrainingStage {
 public:
  // All that one step is made of besides the parameters. N captions.
  struct Inputs {
    at::Tensor embeddings;  // [N, D], normalized
    TextEncoding text;      // of N captions, dropped ones already replaced
    at::Tensor timesteps;   // [N] int64
    at::Tensor noise;       // [N, D]
  };

  // Reads the configs of prior/ and prior_scheduler/ in `text_to_image_dir`.
  static absl::StatusOr<std::unique_ptr<PriorStage>> Create(const std::string& text_to_image_dir,
                                                            std::unique_ptr<const FrozenClip> clip,
                                                            const PriorStageOptions& options);

  std::vector<TrainableParameters*> parameters() override { return {&parameters_}; }
  absl::Status Prepare(const Dataset& data) override;
  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) override;

  // The mean cosine of sampled embeddings to the pictures' own, guided and not, and of the text embeddings.
  absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) override;

  // The same for given inputs.
  DiffusionLoss::Terms LossOf(const Inputs& inputs, at::ScalarType compute_type);

 private:
  PriorStage(const prior::PriorConfig& config, const model::UnclipScheduler::Options& scheduler,
             std::unique_ptr<const FrozenClip> clip, const PriorStageOptions& options);

  // Embeddings [N, D] for the captions of `text`.
  absl::StatusOr<at::Tensor> Sample(const prior::PriorTransformer& network, const TextEncoding& text,
                                    double guidance_scale) const;

  const prior::PriorConfig config_;
  const model::UnclipScheduler::Options scheduler_;
  const std::unique_ptr<const FrozenClip> clip_;
  const PriorStageOptions options_;
  const DiffusionLoss loss_;
  TrainableParameters parameters_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_PRIOR_STAGE_H_
