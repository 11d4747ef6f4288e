// The autoregressive prior as an engine.
#ifndef UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_PRIOR_ENGINE_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "model/weights/checkpoint.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// Loads prior_autoregressive/ of `checkpoint`, in the type and on the device of `options`, and runs it once. `info` says what is
// known before that. A step is a code, so a request has as many steps as the model has codes, and info() allows no other number;
// a request's sampler and eta have no meaning here and are not read, its guidance interval counts codes. NOT_FOUND when the
// checkpoint has no such prior; else the errors of LoadPriorEngine().
absl::StatusOr<std::unique_ptr<PriorEngine>> LoadAutoregressivePriorEngine(const model::Checkpoint& checkpoint,
                                                                           const at::TensorOptions& options, PriorModelInfo info);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_PRIOR_ENGINE_H_
