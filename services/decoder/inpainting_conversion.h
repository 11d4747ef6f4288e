// From the kept part of a picture, as a request has it, to what the engine takes.
#ifndef UNCLIP_SERVICES_DECODER_INPAINTING_CONVERSION_H_
#define UNCLIP_SERVICES_DECODER_INPAINTING_CONVERSION_H_

#include "absl/status/statusor.h"
#include "common/sampling/repaint_check.h"
#include "services/decoder/decoder_engine.h"
#include "unclip/decoder/v1/decoder_service.pb.h"

namespace unclip::decoder {

// What a request may ask for, and what it gets when it does not say. The paper goes up to 20 times, over
// short steps; over few long ones, it was measured to give nothing for its time (docs/editing.md).
inline constexpr RepaintLimits kRepaintLimits = {
    .max_resample_count = 20, .max_jump_length = 999, .defaults = {.resample_count = 1, .jump_length = 5}};

// For a run of `decoder_step_count` steps. INVALID_ARGUMENT, naming field, value and what is allowed.
absl::StatusOr<InpaintingInput> ToInpaintingInput(const v1::Inpainting& inpainting, const DecoderModelInfo& info,
                                                  int decoder_step_count);

// Says in `response` what may be asked for.
void SetInpainting(v1::GetModelInfoResponse* response);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_INPAINTING_CONVERSION_H_
