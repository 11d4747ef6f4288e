#include "train/train_config.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::train {
namespace {

using model::ConfigReader;

constexpr int64_t kMost = int64_t{1} << 40;

uint64_t ReadSeed(ConfigReader& reader, absl::string_view key, int64_t fallback) {
  return static_cast<uint64_t>(reader.Int(key, 0, kMost, fallback));
}

std::string Beside(const std::string& path, const std::string& relative) {
  return (std::filesystem::path(path).parent_path() / relative).lexically_normal().string();
}

void ReadData(ConfigReader& reader, const std::string& path, DataSourceOptions& options) {
  using Kind = DataSourceOptions::Kind;
  const std::string kind = reader.Choice("data.kind", {"shapes", "folder", "tar"});
  options.kind = kind == "folder" ? Kind::kFolder : kind == "tar" ? Kind::kTar : Kind::kShapes;
  if (options.kind == Kind::kShapes) {
    options.seed = ReadSeed(reader, "data.seed", 1);
    options.siblings = static_cast<int>(reader.Int("data.siblings", 1, 1024, options.siblings));
    options.forward = reader.Double("data.forward", 0, 1, options.forward);
  } else {
    options.path = Beside(path, reader.String("data.path"));
    options.held_out = reader.Int("data.held_out", 1, kMost, options.held_out);
  }
}

void ReadLoss(ConfigReader& reader, DiffusionLossOptions& options) {
  const std::string weighting = reader.Choice("loss.weighting", {"uniform", "min_snr", "high_noise", "sqrt_snr"}, "uniform");
  options.weighting = weighting == "min_snr"      ? LossWeighting::kMinSnr
                      : weighting == "high_noise" ? LossWeighting::kHighNoise
                      : weighting == "sqrt_snr"   ? LossWeighting::kSqrtSnr
                                                  : LossWeighting::kUniform;
  options.timestep_shift = reader.Double("loss.timestep_shift", 1, 1000, options.timestep_shift);
  options.weighting_limit = reader.Double("loss.weighting_limit", 1, 1e6, options.weighting_limit);
}

at::ScalarType ReadType(ConfigReader& reader, absl::string_view key, std::initializer_list<absl::string_view> names,
                        const std::string& fallback) {
  const std::string name = reader.Choice(key, names, fallback);
  return name == "float32" ? at::kFloat : name == "float16" ? at::kHalf : at::kBFloat16;
}

void ReadLoader(ConfigReader& reader, ExampleLoaderOptions& options) {
  options.batch_size = static_cast<int>(reader.Int("batch_size", 1, 1 << 16));
  options.picture_size = static_cast<int>(reader.Int("picture_size", 1, 1 << 14));
  options.window_side = static_cast<int>(reader.Int("window_size", 1, options.picture_size, options.picture_size));
  options.window_align = static_cast<int>(reader.Int("window_align", 1, 1 << 10, 1));
  options.flip = reader.Bool("flip", false);
  options.thread_count = static_cast<int>(reader.Int("loader_threads", 1, 256, 1));
}

void ReadTrainer(ConfigReader& reader, TrainerOptions& options) {
  options.steps = reader.Int("steps", 1, kMost);
  options.accumulate = static_cast<int>(reader.Int("accumulate", 1, 1 << 16, 1));
  options.seed = ReadSeed(reader, "seed", 0);
  options.compute_type = ReadType(reader, "precision", {"float32", "bfloat16"}, "float32");
  options.saved_type = ReadType(reader, "saved_precision", {"float32", "float16", "bfloat16"}, "float16");
  options.learning_rate.peak = reader.Double("learning_rate", 1e-9, 10);
  options.learning_rate.warmup_steps = reader.Int("warmup_steps", 0, kMost, options.learning_rate.warmup_steps);
  options.learning_rate.final_share = reader.Double("final_learning_rate_share", 0, 1, options.learning_rate.final_share);
  options.optimizer.beta1 = reader.Double("beta1", 0, 0.9999, options.optimizer.beta1);
  options.optimizer.beta2 = reader.Double("beta2", 0, 0.99999, options.optimizer.beta2);
  options.optimizer.weight_decay = reader.Double("weight_decay", 0, 10, options.optimizer.weight_decay);
  options.optimizer.gradient_clip = reader.Double("gradient_clip", 0, 1e9, options.optimizer.gradient_clip);
  options.optimizer.average_decay = reader.Double("average_decay", 0, 0.999999, options.optimizer.average_decay);
  options.validate_every = reader.Int("validate_every", 0, kMost, options.validate_every);
  options.save_every = reader.Int("save_every", 1, kMost, options.save_every);
  ReadLoader(reader, options.data);
  options.data.seed = options.seed;
}

void ReadClip(ConfigReader& reader, TrainConfig& config) {
  config.clip.first_temperature = reader.Double("first_temperature", 1e-3, 1, config.clip.first_temperature);
  config.clip.max_logit_scale = reader.Double("max_logit_scale", 1, 1e4, config.clip.max_logit_scale);
  config.clip.validation_pictures = static_cast<int>(reader.Int("validation_pictures", 2, 1 << 16, 100));
  config.clip.seed = config.trainer.seed;
}

void ReadPrior(ConfigReader& reader, TrainConfig& config) {
  ReadLoss(reader, config.prior.loss);
  config.prior.drop_caption = reader.Double("drop_caption", 0, 1, config.prior.drop_caption);
  config.prior.statistics_pictures = static_cast<int>(reader.Int("statistics_pictures", 2, 1 << 24, 2048));
  config.prior.guidance_scale = reader.Double("guidance_scale", 0, 100, config.prior.guidance_scale);
  config.prior.validation_pictures = static_cast<int>(reader.Int("validation_pictures", 1, 1 << 16, 200));
  config.prior.validation_steps = static_cast<int>(reader.Int("validation_steps", 2, 1000, config.prior.validation_steps));
  config.prior.picture_size = config.trainer.data.picture_size;
  config.prior.seed = config.trainer.seed;
}

void ReadAutoregressive(ConfigReader& reader, TrainConfig& config) {
  AutoregressiveStageOptions& options = config.autoregressive;
  options.drop_caption = reader.Double("drop_caption", 0, 1, options.drop_caption);
  options.drop_dot_product = reader.Double("drop_dot_product", 0, 1, options.drop_dot_product);
  options.statistics_pictures = static_cast<int>(reader.Int("statistics_pictures", 2, 1 << 24, options.statistics_pictures));
  options.guidance_scale = reader.Double("guidance_scale", 0, 100, options.guidance_scale);
  options.validation_pictures = static_cast<int>(reader.Int("validation_pictures", 1, 1 << 16, options.validation_pictures));
  options.picture_size = config.trainer.data.picture_size;
  options.seed = config.trainer.seed;
}

void ReadDecoder(ConfigReader& reader, TrainConfig& config) {
  ReadLoss(reader, config.decoder.loss);
  config.decoder.loss.variational_weight = reader.Double("loss.variational_weight", 0, 10, 0.001);
  config.decoder.drop_caption = reader.Double("drop_caption", 0, 1, config.decoder.drop_caption);
  config.decoder.drop_image_embedding = reader.Double("drop_image_embedding", 0, 1, config.decoder.drop_image_embedding);
  config.decoder.guidance_scale = reader.Double("guidance_scale", 0, 100, config.decoder.guidance_scale);
  config.decoder.validation_pictures = static_cast<int>(reader.Int("validation_pictures", 1, 1 << 16, 48));
  config.decoder.validation_steps = static_cast<int>(reader.Int("validation_steps", 2, 1000, config.decoder.validation_steps));
  config.decoder.seed = config.trainer.seed;
}

void ReadDegradation(ConfigReader& reader, DegradationOptions& options) {
  options.blur_probability = reader.Double("degradation.blur_probability", 0, 1, options.blur_probability);
  options.blur_sigma_min = reader.Double("degradation.blur_sigma_min", 0.05, 10, options.blur_sigma_min);
  options.blur_sigma_max = reader.Double("degradation.blur_sigma_max", options.blur_sigma_min, 10,
                                         std::max(options.blur_sigma_min, options.blur_sigma_max));
  options.noise_max = reader.Double("degradation.noise_max", 0, 2, options.noise_max);
  options.resample_probability = reader.Double("degradation.resample_probability", 0, 1, options.resample_probability);
  options.resample_factor_max = reader.Double("degradation.resample_factor_max", 1, 16, options.resample_factor_max);
  options.jpeg_probability = reader.Double("degradation.jpeg_probability", 0, 1, options.jpeg_probability);
  options.jpeg_quality_min = static_cast<int>(reader.Int("degradation.jpeg_quality_min", 1, 95, options.jpeg_quality_min));
}

void ReadUpsampler(ConfigReader& reader, TrainConfig& config) {
  UpsamplerStageOptions& options = config.upsampler;
  ReadLoss(reader, options.loss);
  options.component = reader.String("component", options.component);
  options.scheduler = reader.String("scheduler", options.scheduler);
  options.scale = static_cast<int>(reader.Int("scale", 2, 64, options.scale));
  options.first_timestep = static_cast<int>(reader.Int("first_timestep", 0, 9999, options.first_timestep));
  options.last_timestep = static_cast<int>(reader.Int("last_timestep", options.first_timestep, 9999, options.last_timestep));
  ReadDegradation(reader, options.degradation);
  options.validation_pictures = static_cast<int>(reader.Int("validation_pictures", 1, 1 << 16, options.validation_pictures));
  options.validation_steps = static_cast<int>(reader.Int("validation_steps", 2, 1000, options.validation_steps));
  options.seed = config.trainer.seed;
  reader.Check(config.trainer.data.window_side % options.scale == 0, "window_size",
               absl::StrCat("must be a multiple of scale (", options.scale, ")"));
}

}  // namespace

absl::StatusOr<TrainConfig> ReadTrainConfig(const std::string& path, StageKind kind) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(path));
  TrainConfig config;
  config.kind = kind;
  config.template_dir = Beside(path, reader.String("template"));
  ReadData(reader, path, config.data);
  ReadTrainer(reader, config.trainer);
  switch (kind) {
    case StageKind::kClip:
      ReadClip(reader, config);
      config.trainer.name = "clip";
      break;
    case StageKind::kPrior:
      ReadPrior(reader, config);
      config.trainer.name = "prior";
      break;
    case StageKind::kAutoregressivePrior:
      ReadAutoregressive(reader, config);
      config.trainer.name = "autoregressive-prior";
      break;
    case StageKind::kDecoder:
      ReadDecoder(reader, config);
      config.trainer.name = "decoder";
      break;
    case StageKind::kUpsampler:
      ReadUpsampler(reader, config);
      config.trainer.name = config.upsampler.component;
      break;
  }
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace unclip::train
