// Runs a decoder's networks before it serves, and measures what their steps cost.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_WARM_UP_H_
#define UNCLIP_SERVICES_DECODER_DECODER_WARM_UP_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "model/row_lanes.h"
#include "services/decoder/decoder_engine.h"
#include "services/decoder/decoder_model.h"

namespace unclip::decoder {

// What a stage costs a request.
struct StepCost {
  absl::Duration duration;  // of a step that is computed alone, with guidance where the stage has any
  int64_t row_bytes = 0;    // of tensors that a sample takes while it is stepped
  int64_t run_bytes = 0;    // of tensors that a request keeps between its steps, at the default number of them
};

// Runs the base decoder on nothing in particular, which leaves everything warm. Where its steps are long it sees a picture of
// half the side, which takes a fourth of the time and of the memory, and the rest is calculated. (That weights are finite was
// checked when they were loaded.) To be called inside model::TorchGuard(), as WarmUpUpsampler() is. INTERNAL, naming the network.
absl::StatusOr<StepCost> WarmUpBase(const DecoderModel& model, const DecoderModelInfo& info, model::RowLanes* lanes);

// The same of an upsampler's first network, with a quarter of the side.
absl::StatusOr<StepCost> WarmUpUpsampler(const UpsamplerModel& upsampler);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_WARM_UP_H_
