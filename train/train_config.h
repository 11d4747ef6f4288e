// The file that says how a stage is trained.
#ifndef UNCLIP_TRAIN_TRAIN_CONFIG_H_
#define UNCLIP_TRAIN_TRAIN_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "train/autoregressive_stage.h"
#include "train/clip_stage.h"
#include "train/data_source.h"
#include "train/decoder_stage.h"
#include "train/prior_stage.h"
#include "train/trainer.h"
#include "train/upsampler_stage.h"

namespace unclip::train {

enum class StageKind { kClip, kPrior, kAutoregressivePrior, kDecoder, kUpsampler };

// All of it. docs/training.md lists the options and their defaults.
struct TrainConfig {
  StageKind kind = StageKind::kClip;
  std::string template_dir;  // the configs and the tokenizer of what is trained
  DataSourceOptions data;
  TrainerOptions trainer;
  // Of these, the one of `kind` counts.
  ClipStageOptions clip;
  PriorStageOptions prior;
  AutoregressiveStageOptions autoregressive;
  DecoderStageOptions decoder;
  UpsamplerStageOptions upsampler;
};

// Reads the JSON file at `path`; paths in it are relative to its folder. INVALID_ARGUMENT naming file, option, value and what is
// allowed.
absl::StatusOr<TrainConfig> ReadTrainConfig(const std::string& path, StageKind kind);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAIN_CONFIG_H_
