// Reads a scheduler's config file.
#ifndef UNCLIP_MODEL_DIFFUSION_SCHEDULER_CONFIG_H_
#define UNCLIP_MODEL_DIFFUSION_SCHEDULER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "model/diffusion/unclip_scheduler.h"

namespace unclip::model {

// Reads COMPONENT_DIR/scheduler_config.json of an UnCLIPScheduler. INVALID_ARGUMENT naming file and option when it asks for what
// is not implemented.
absl::StatusOr<UnclipScheduler::Options> ReadSchedulerConfig(const std::string& component_dir);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_SCHEDULER_CONFIG_H_
