// Training of one upsampling stage.
#ifndef UNCLIP_TRAIN_UPSAMPLER_STAGE_H_
#define UNCLIP_TRAIN_UPSAMPLER_STAGE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/decoder/unet.h"
#include "train/degradation.h"
#include "train/diffusion_loss.h"
#include "train/training_stage.h"

namespace unclip::train {

struct UpsamplerStageOptions {
  std::string component = "super_res_first";  // the folder of the network, and
  std::string scheduler = "super_res_scheduler";
  DiffusionLossOptions loss;
  int scale = 4;  // how much larger the pictures become
  // Timesteps to train, both ends included: a network for the last step only needs few.
  int first_timestep = 0;
  int last_timestep = 999;
  DegradationOptions degradation;
  int validation_pictures = 16;
  int validation_steps = 7;
  uint64_t seed = 0;  // of the first values
};

// Source: unCLIP (2204.06125) §2.1; noise augmentation: Ho et al. 2022 (2106.15282) §4.
class UpsamplerStage : public TrainingStage {
 public:
  // All that one step is made of besides the parameters. N pictures.
  struct Inputs {
    at::Tensor pictures;   // [N, 3, S, S]
    at::Tensor upscaled;   // [N, 3, S, S], the small ones enlarged
    at::Tensor timesteps;  // [N] int64
    at::Tensor noise;      // [N, 3, S, S]
  };

  // Reads the configs of the network and of the scheduler in `text_to_image_dir`.
  static absl::StatusOr<std::unique_ptr<UpsamplerStage>> Create(const std::string& text_to_image_dir,
                                                                const UpsamplerStageOptions& options);

  std::vector<TrainableParameters*> parameters() override { return {&parameters_}; }
  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType compute_type, at::Generator& random, Figures& figures) override;
  absl::StatusOr<Figures> Validate(const HeldOut& held_out, const std::string& grid_path) override;

  // The same for given inputs.
  DiffusionLoss::Terms LossOf(const Inputs& inputs, at::ScalarType compute_type);

 private:
  UpsamplerStage(const decoder::UnetConfig& config, const model::UnclipScheduler::Options& scheduler,
                 const UpsamplerStageOptions& options);

  at::Tensor Shrink(const at::Tensor& pictures) const;  // [N, 3, S, S] -> [N, 3, S / scale, S / scale]
  at::Tensor Enlarge(const at::Tensor& small) const;    // [N, 3, s, s] -> [N, 3, s × scale, s × scale]

  const decoder::UnetConfig config_;
  const model::UnclipScheduler::Options scheduler_;
  const UpsamplerStageOptions options_;
  const DiffusionLoss loss_;
  const Degradation degradation_;
  TrainableParameters parameters_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_UPSAMPLER_STAGE_H_
