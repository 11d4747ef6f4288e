// Training of the autoregressive prior.
#ifndef UNCLIP_TRAIN_AUTOREGRESSIVE_STAGE_H_
#define UNCLIP_TRAIN_AUTOREGRESSIVE_STAGE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/prior/autoregressive_transformer.h"
#include "train/frozen_clip.h"
#include "train/training_stage.h"

namespace unclip::train {

struct AutoregressiveStageOptions {
  double drop_caption = 0.1;  // share of captions replaced by the empty one; their dot products are then not known
  // Share of the other captions' dot products that are not known: so that a negative prompt, which comes without, is nothing new.
  double drop_dot_product = 0.1;
  int statistics_pictures = 16384;  // that components and buckets are fitted to
  int picture_size = 64;            // pixels a side, of these and of validation's
  double guidance_scale = 2;        // of validation's samples
  int validation_pictures = 200;
  uint64_t seed = 0;  // of the first values
};

// Source: unCLIP (2204.06125) §2.2: the cross-entropy of each code of the image embedding given those before it, the caption and
// the dot product of both embeddings.
class AutoregressiveStage : public TrainingStage {
 public:
  // All that one step is made of besides the parameters. N captions.
  struct Inputs {
    at::Tensor codes;         // [N, K] int64
    at::Tensor dot_products;  // [N] int64, buckets, or what stands for unknown
    TextEncoding text;        // of N captions, dropped ones already replaced
  };

  struct Terms {
    at::Tensor total;     // nats a code
    at::Tensor accuracy;  // the share of codes that are the most likely ones
  };

  // Reads the config of prior_autoregressive/ in `text_to_image_dir`.
  static absl::StatusOr<std::unique_ptr<AutoregressiveStage>> Create(const std::string& text_to_image_dir,
                                                                     std::unique_ptr<const FrozenClip> clip,
                                                                     const AutoregressiveStageOptions& options);

  std::vector<TrainableParameters*> parameters() override { return {&parameters_}; }

  // Fits the codes to the embeddings of the data. INVALID_ARGUMENT when fewer than two pictures can be read.
  absl::Status Prepare(const Dataset& data) override;
  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) override;

  // The mean cosine to the pictures' own embeddings of sampled ones, guided and not; of their own quantized ones, which no
  // prior of these codes can do better than; of their own from the components without buckets; and of the text embeddings.
  absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) override;

  // Fits the codes to given embeddings of pictures and of their captions [n, D], n ≥ 2.
  absl::Status FitCodes(const at::Tensor& images, const at::Tensor& texts);

  // The codes as they are now.
  prior::EmbeddingCodes Codes() const;

  // The loss of given inputs.
  Terms LossOf(const Inputs& inputs, at::ScalarType compute_type);

  // Embeddings [N, D] drawn with the averaged parameters for the N captions of `text`, and with guidance against `negative`, a
  // single row; without where that is null.
  absl::StatusOr<at::Tensor> Sample(const TextEncoding& text, const TextEncoding* negative, double guidance_scale) const;

 private:
  AutoregressiveStage(const prior::AutoregressiveConfig& config, std::unique_ptr<const FrozenClip> clip,
                      const AutoregressiveStageOptions& options);

  const prior::AutoregressiveConfig config_;
  const std::unique_ptr<const FrozenClip> clip_;
  const AutoregressiveStageOptions options_;
  TrainableParameters parameters_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_AUTOREGRESSIVE_STAGE_H_
