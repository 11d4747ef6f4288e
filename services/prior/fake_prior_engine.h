// A prior engine for tests: small, fast and steered by the test.
#ifndef UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_
#define UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_

#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// D = 4, T = 3, W = 2. Candidate i of a request with seed s is {s, i, step_count, guidance_scale}.
class FakePriorEngine final : public PriorEngine {
 public:
  // Called on the worker thread before each step's callback, with the number of the step (from 1); may block, so as to hold the
  // engine busy. An error of it is the engine's own. Null: nothing.
  using BeforeStep = std::function<absl::Status(int step)>;

  explicit FakePriorEngine(BeforeStep before_step = nullptr);

  const PriorModelInfo& info() const override { return info_; }
  absl::StatusOr<std::vector<std::vector<float>>> Sample(const SamplePriorInput& input,
                                                         const PriorStepCallback& on_step) override;

  // What Sample() was called with, in order. Thread-safe.
  std::vector<SamplePriorInput> inputs() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const PriorModelInfo info_;
  const BeforeStep before_step_;
  mutable absl::Mutex mutex_;
  std::vector<SamplePriorInput> inputs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_FAKE_PRIOR_ENGINE_H_
