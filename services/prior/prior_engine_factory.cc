#include "services/prior/prior_engine_factory.h"

#include <utility>

#include "base/status_macros.h"
#include "model/device_option.h"
#include "model/tensor_memory.h"
#include "model/threads.h"
#include "model/weights/checkpoint.h"
#include "model/weights/dtype_option.h"
#include "services/prior/autoregressive_prior_engine.h"
#include "services/prior/diffusion_prior_engine.h"

namespace unclip::prior {

absl::StatusOr<std::unique_ptr<PriorEngine>> LoadPriorEngine(const PriorEngineOptions& options) {
  ASSIGN_OR_RETURN(const at::Device device, model::ParseDevice(options.device));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype, device));
  model::PrepareDevice(device);
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.checkpoint));
  PriorModelInfo info;
  info.checkpoint_name = checkpoint.name();
  info.dtype = model::ServingDtypeName(dtype);
  info.thread_count = model::UseThreads(options.thread_count);
  info.max_batch_rows = options.max_batch_rows;
  model::KeepFreedMemory();
  const auto load = options.kind == PriorKind::kAutoregressive ? LoadAutoregressivePriorEngine : LoadDiffusionPriorEngine;
  ASSIGN_OR_RETURN(std::unique_ptr<PriorEngine> engine,
                   load(checkpoint, at::TensorOptions(device).dtype(dtype), std::move(info)));
  model::ReleaseUnusedMemory();
  return engine;
}

}  // namespace unclip::prior
