// Training of CLIP's two towers.
#ifndef UNCLIP_TRAIN_CLIP_STAGE_H_
#define UNCLIP_TRAIN_CLIP_STAGE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/clip/bpe_tokenizer.h"
#include "services/clip/clip_config.h"
#include "train/frozen_clip.h"
#include "train/training_stage.h"

namespace unclip::train {

struct ClipStageOptions {
  double first_temperature = 0.07;
  double max_logit_scale = 100;
  int validation_pictures = 100;
  uint64_t seed = 0;  // of the first values
};

// The symmetric contrastive loss of N pictures and N captions. Source: CLIP (2103.00020) §2.3; pictures whose captions are the
// same tokens share the target, since either caption is right for either. image and text embeddings [N, D], ids [N, T].
at::Tensor ContrastiveLoss(const at::Tensor& image_embeddings, const at::Tensor& text_embeddings, const at::Tensor& ids,
                           const at::Tensor& logit_scale);

class ClipStage : public TrainingStage {
 public:
  // All that one step is made of besides the parameters.
  struct Inputs {
    at::Tensor pixels;  // [N, 3, size, size], normalized
    at::Tensor ids;     // [N, T] int64
  };

  // Reads the configs of text_encoder/ and tokenizer/ in `text_to_image_dir`, of image_encoder/ and feature_extractor/ in
  // `image_variation_dir`.
  static absl::StatusOr<std::unique_ptr<ClipStage>> Create(const std::string& text_to_image_dir,
                                                           const std::string& image_variation_dir,
                                                           const ClipStageOptions& options);

  std::vector<TrainableParameters*> parameters() override { return {&text_, &vision_, &temperature_}; }
  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) override;

  // The share of pictures whose own caption is nearest among those of all, and the reverse.
  absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) override;

  // The same for given inputs.
  at::Tensor LossOf(const Inputs& inputs, at::ScalarType compute_type);

 private:
  ClipStage(const clip::ClipTextConfig& text_config, const clip::ClipVisionConfig& vision_config,
            std::unique_ptr<const clip::BpeTokenizer> tokenizer, PixelNormalization normalization,
            const ClipStageOptions& options);

  const clip::ClipTextConfig text_config_;
  const clip::ClipVisionConfig vision_config_;
  const std::unique_ptr<const clip::BpeTokenizer> tokenizer_;
  const PixelNormalization normalization_;
  const ClipStageOptions options_;
  TrainableParameters text_;
  TrainableParameters vision_;
  TrainableParameters temperature_;  // "logit_scale", the logarithm of 1 / temperature; of no component that is served
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_CLIP_STAGE_H_
