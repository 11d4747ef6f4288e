#include "services/prior/prior_engine.h"

#include "base/status_macros.h"

namespace unclip::prior {

int RowCount(const SamplePriorInput& input) { return input.candidate_count * (input.guidance_scale > 1 ? 2 : 1); }

absl::StatusOr<std::vector<std::vector<float>>> PriorEngine::Sample(const SamplePriorInput& input,
                                                                    const PriorStepCallback& on_step) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PriorRun> run, Start(input));
  PriorRun* const runs[] = {run.get()};
  for (int step = 1; step <= input.step_count; ++step) {
    RETURN_IF_ERROR(Step(runs).front());
    RETURN_IF_ERROR(on_step(step));
  }
  return Finish(*run);
}

}  // namespace unclip::prior
