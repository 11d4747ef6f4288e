// Makes a prior engine on LibTorch; free of LibTorch itself.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_FACTORY_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_FACTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// The two priors of unCLIP (2204.06125) §2.2.
enum class PriorKind { kDiffusion, kAutoregressive };

struct PriorEngineOptions {
  PriorKind kind = PriorKind::kDiffusion;
  std::string checkpoint;         // folder in the reference layout
  std::string device = "cpu";     // "cpu", "cuda" or "cuda:N"
  std::string dtype = "float32";  // "float32", "bfloat16", "float16" or "auto"
  int thread_count = 0;           // threads of a forward pass, process-wide; 0: all cores
  int max_batch_rows = 64;        // of a step's batch: candidates, with guidance twice as many; ≥ 1
};

// Loads the networks and runs them once. INVALID_ARGUMENT, NOT_FOUND or DATA_LOSS with one line that names file and tensor when
// the checkpoint is not acceptable or has no such prior; FAILED_PRECONDITION when there is no such device.
absl::StatusOr<std::unique_ptr<PriorEngine>> LoadPriorEngine(const PriorEngineOptions& options);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_FACTORY_H_
