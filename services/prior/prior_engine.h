// What the prior service needs of a prior. Free of LibTorch, so that services and tests compile fast against a fake.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/conditioning/text_conditioning.h"
#include "services/sampling/stage_sampling.h"

namespace unclip::prior {

// The numbers of steps that an engine takes.
struct PriorStepRange {
  int minimum = 2;
  int maximum = 1000;
  int default_value = 25;
};

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
  PriorStepRange step_count = {};
  int max_batch_rows = 1;  // of a step, see RowCount(); a request that alone has more is computed alone
  absl::Duration step_duration = absl::ZeroDuration();  // of a step computed alone, as measured at warm-up
  int64_t row_bytes = 0;                                // memory that a row takes while it is stepped, likewise
  int64_t run_bytes = 0;  // memory that a request of one candidate with guidance keeps between its steps, likewise
};

// A validated request. Vectors have the lengths that PriorModelInfo says.
struct SamplePriorInput {
  TextConditioning text;
  TextConditioning negative_text;  // read only when guidance_scale > 1
  int candidate_count = 1;         // ≥ 1
  int step_count = 2;              // in PriorModelInfo's range
  StageSampling sampling = {};
  double guidance_scale = 1;  // ≥ 0, finite
  uint64_t seed = 0;
};

// Rows that a request puts into a step's batch, at most: one for each candidate, with guidance two.
int RowCount(const SamplePriorInput& input);

// A request inside an engine, between its steps. Made, stepped and ended by one engine; not thread-safe.
class PriorRun {
 public:
  virtual ~PriorRun() = default;

  // Rows that it puts into its next step's batch: fewer than RowCount() where the step is not guided.
  virtual int row_count() const = 0;
};

// Called after each step with the number of steps done; an error ends the sampling.
using PriorStepCallback = std::function<absl::Status(int step)>;

// Draws image embeddings. Not thread-safe: call it from one thread at a time (and best always from the same one).
class PriorEngine {
 public:
  virtual ~PriorEngine() = default;

  virtual const PriorModelInfo& info() const = 0;

  // Reads the text of a request, which must outlive the run. INTERNAL on a fault of the model.
  virtual absl::StatusOr<std::unique_ptr<PriorRun>> Start(const SamplePriorInput& input) = 0;

  // One step, of denoising or of one more code, of each of `runs`, which may be at different steps of different requests. For
  // each, OK or INTERNAL on a fault of the model or values that are not finite. What a run gives does not depend on those beside
  // it, to the last bit.
  virtual std::vector<absl::Status> Step(absl::Span<PriorRun* const> runs) = 0;

  // The embeddings of a run whose steps are all done: one for each candidate, of D values each.
  virtual absl::StatusOr<std::vector<std::vector<float>>> Finish(PriorRun& run) = 0;

  // All of it for one request. The error of `on_step` or of the above.
  absl::StatusOr<std::vector<std::vector<float>>> Sample(const SamplePriorInput& input, const PriorStepCallback& on_step);
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_ENGINE_H_
