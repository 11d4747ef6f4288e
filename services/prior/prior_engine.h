// What the prior service needs of a diffusion prior. Free of LibTorch, so that services and tests compile fast against a fake.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/conditioning/text_conditioning.h"

namespace unclip::prior {

// What an engine holds.
struct PriorModelInfo {
  std::string checkpoint_name;
  std::string fingerprint;  // hexadecimal SHA-256, see unclip.common.v1.ModelInfo
  int64_t parameter_count = 0;
  std::string dtype;  // "float32", "bfloat16" or "float16"
  int thread_count = 0;
  int embedding_dim = 0;   // D
  int context_length = 0;  // T
  int hidden_dim = 0;      // W
};

// A validated request. Vectors have the lengths that PriorModelInfo says.
struct SamplePriorInput {
  TextConditioning text;
  TextConditioning negative_text;  // read only when guidance_scale > 1
  int candidate_count = 1;         // ≥ 1
  int step_count = 2;              // ≥ 2
  double guidance_scale = 1;       // ≥ 0, finite
  uint64_t seed = 0;
};

// Called after each denoising step with the number of steps done. When it returns an error, sampling stops and returns that
// error: this is how a cancelled request leaves.
using PriorStepCallback = std::function<absl::Status(int step)>;

// Draws image embeddings. Not thread-safe: call it from one thread at a time (and best always from the same one).
class PriorEngine {
 public:
  virtual ~PriorEngine() = default;

  virtual const PriorModelInfo& info() const = 0;

  // Draws `candidate_count` embeddings of D values. The error of `on_step`, or INTERNAL on a fault of the model or a non-finite
  // result.
  virtual absl::StatusOr<std::vector<std::vector<float>>> Sample(const SamplePriorInput& input,
                                                                 const PriorStepCallback& on_step) = 0;
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_
