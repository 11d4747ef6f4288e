// The diffusion prior as an engine.
#ifndef UNCLIP_SERVICES_PRIOR_DIFFUSION_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_DIFFUSION_PRIOR_ENGINE_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "model/weights/checkpoint.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// Loads prior/ and prior_scheduler/ of `checkpoint`, in the type and on the device of `options`, and runs it once. `info` says
// what is known before that. The errors of LoadPriorEngine().
absl::StatusOr<std::unique_ptr<PriorEngine>> LoadDiffusionPriorEngine(const model::Checkpoint& checkpoint,
                                                                      const at::TensorOptions& options, PriorModelInfo info);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_DIFFUSION_PRIOR_ENGINE_H_
