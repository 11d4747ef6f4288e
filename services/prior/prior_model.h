// A loaded prior: its network and its scheduler.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_MODEL_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_MODEL_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "model/diffusion/unclip_scheduler.h"
#include "model/weights/checkpoint.h"
#include "services/prior/prior_transformer.h"

namespace unclip::prior {

// Immutable once loaded; thread-safe.
struct PriorModel {
  PriorTransformer network;
  model::UnclipScheduler scheduler;
  int64_t parameter_count = 0;
};

// Loads prior/ and prior_scheduler/ of `checkpoint`, in the type and on the device of `options`. Errors are one line that names
// file and option or tensor.
absl::StatusOr<std::unique_ptr<const PriorModel>> LoadPriorModel(const model::Checkpoint& checkpoint,
                                                                 const at::TensorOptions& options);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_MODEL_H_
