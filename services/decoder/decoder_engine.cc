#include "services/decoder/decoder_engine.h"

#include <utility>

#include "base/status_macros.h"

namespace unclip::decoder {

int DecodeImageInput::StepsOfStage(int stage) const {
  if (stage > 0) return super_res_step_counts[stage - 1];
  return inpainting ? StepsInAll(decoder_step_count, inpainting->steps) : decoder_step_count;
}

DecodeNeed FirstNeed(const DecodeImageInput& input, const DecoderModelInfo& info) {
  DecodeNeed need = {.rows = input.guidance_scale > 1 ? 2 : 1, .step = info.step_durations.front()};
  for (size_t stage = 0; stage < info.step_durations.size(); ++stage) {
    need.remaining += info.step_durations[stage] * input.StepsOfStage(static_cast<int>(stage));
  }
  return need;
}

absl::StatusOr<RgbImage> DecoderEngine::Decode(const DecodeImageInput& input, const DecodeStepCallback& on_step) {
  ASSIGN_OR_RETURN(const std::unique_ptr<DecoderRun> run, Start(input));
  DecoderRun* const runs[] = {run.get()};
  while (!run->done()) {
    RETURN_IF_ERROR(Step(runs).front());
    RETURN_IF_ERROR(on_step(run->progress()));
  }
  return Finish(*run);
}

}  // namespace unclip::decoder
