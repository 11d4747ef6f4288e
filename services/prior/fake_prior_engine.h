// A prior engine for tests: small, fast and steered by the test.
#ifndef UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// D = 4, T = 3, W = 2; four rows a batch, which two candidates with guidance fill. Candidate i of a request with seed s is {s, i,
// step_count, guidance_scale}.
class FakePriorEngine final : public PriorEngine {
 public:
  // Called on the worker thread for each run of a step, with the number of its step (from 1); may block, so as to hold the engine
  // busy. An error of it is the engine's own. Null: nothing.
  using BeforeStep = std::function<absl::Status(int step)>;

  explicit FakePriorEngine(BeforeStep before_step = nullptr);

  const PriorModelInfo& info() const override { return info_; }
  absl::StatusOr<std::unique_ptr<PriorRun>> Start(const SamplePriorInput& input) override;
  std::vector<absl::Status> Step(absl::Span<PriorRun* const> runs) override;
  absl::StatusOr<std::vector<std::vector<float>>> Finish(PriorRun& run) override;

  // What Start() was called with, in order. Thread-safe.
  std::vector<SamplePriorInput> inputs() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const PriorModelInfo info_;
  const BeforeStep before_step_;
  mutable absl::Mutex mutex_;
  std::vector<SamplePriorInput> inputs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_
