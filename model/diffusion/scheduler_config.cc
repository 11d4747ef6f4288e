#include "model/diffusion/scheduler_config.h"

#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::model {

absl::StatusOr<UnclipScheduler::Options> ReadSchedulerConfig(const std::string& component_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(component_dir + "/scheduler_config.json"));
  reader.ExpectClass("UnCLIPScheduler");
  UnclipScheduler::Options options;
  options.num_train_timesteps = static_cast<int>(reader.Int("num_train_timesteps", 2, 10000, 1000));
  options.variance_type =
      reader.Choice("variance_type", {"fixed_small_log", "learned_range"}, "fixed_small_log") == "learned_range"
          ? UnclipScheduler::VarianceType::kLearnedRange
          : UnclipScheduler::VarianceType::kFixedSmallLog;
  options.prediction_type = reader.Choice("prediction_type", {"epsilon", "sample"}, "epsilon") == "sample"
                                ? UnclipScheduler::PredictionType::kSample
                                : UnclipScheduler::PredictionType::kEpsilon;
  options.clip_sample = reader.Bool("clip_sample", true);
  options.clip_sample_range = reader.Double("clip_sample_range", 1e-3, 1e3, 1.0);
  reader.Expect("beta_schedule", {"squaredcos_cap_v2"}, "squaredcos_cap_v2");
  RETURN_IF_ERROR(reader.Finish());
  return options;
}

}  // namespace unclip::model
