#include "services/prior/prior_model.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "model/diffusion/scheduler_config.h"
#include "model/weights/load_network.h"
#include "services/prior/prior_config.h"

namespace unclip::prior {

absl::StatusOr<std::unique_ptr<const PriorModel>> LoadPriorModel(const model::Checkpoint& checkpoint,
                                                                 const at::TensorOptions& options) {
  ASSIGN_OR_RETURN(const std::string scheduler_dir, checkpoint.ComponentDir("prior_scheduler"));
  ASSIGN_OR_RETURN(const model::UnclipScheduler::Options scheduler, model::ReadSchedulerConfig(scheduler_dir));
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir("prior"));
  ASSIGN_OR_RETURN(const PriorConfig config, ReadPriorConfig(dir));
  if (scheduler.variance_type == model::UnclipScheduler::VarianceType::kLearnedRange) {
    return absl::InvalidArgumentError(scheduler_dir +
                                      "/scheduler_config.json: the prior predicts no variance, so variance_type "
                                      "must be \"fixed_small_log\"");
  }
  int64_t parameter_count = 0;
  ASSIGN_OR_RETURN(PriorTransformer network, (model::LoadNetwork<PriorTransformer>(config, dir, options, parameter_count)));
  return std::make_unique<const PriorModel>(PriorModel{std::move(network), model::UnclipScheduler(scheduler), parameter_count});
}

}  // namespace unclip::prior
