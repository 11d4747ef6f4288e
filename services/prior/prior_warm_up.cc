#include "services/prior/prior_warm_up.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/status_macros.h"
#include "model/tensor_memory.h"

namespace unclip::prior {

absl::Status WarmUp(PriorEngine& engine, int step_count, PriorModelInfo& info) {
  constexpr int kMaxSteps = 5;
  SamplePriorInput input;
  input.text = {.text_embedding = std::vector<float>(info.embedding_dim, 0.0F),
                .hidden_states = std::vector<float>(static_cast<size_t>(info.context_length) * info.hidden_dim, 0.0F),
                .attention_mask = std::vector<uint8_t>(info.context_length, 1)};
  input.negative_text = input.text;
  input.guidance_scale = 2;
  input.step_count = step_count;
  const model::MemoryMeter run_meter;
  ASSIGN_OR_RETURN(const std::unique_ptr<PriorRun> run, engine.Start(input));
  info.run_bytes = run_meter.Kept();
  PriorRun* const runs[] = {run.get()};
  const model::MemoryMeter step_meter;
  RETURN_IF_ERROR(engine.Step(runs).front());  // the first also warms up
  info.row_bytes = step_meter.Peak() / RowCount(input);
  // The least of the others: on a busy machine any one may be held up.
  absl::Duration least = absl::InfiniteDuration();
  const int steps = std::min(step_count, kMaxSteps);
  for (int step = 1; step < steps; ++step) {
    const absl::Duration start = Clock::Real().Now();
    RETURN_IF_ERROR(engine.Step(runs).front());
    least = std::min(least, Clock::Real().Now() - start);
  }
  if (steps > 1) info.step_duration = least;
  return steps == step_count ? engine.Finish(*run).status() : absl::OkStatus();
}

}  // namespace unclip::prior
