// Runs each network on the inputs that the reference gave it and compares what comes out.
#ifndef UNCLIP_TOOLS_REPLAY_MODULE_REPLAY_H_
#define UNCLIP_TOOLS_REPLAY_MODULE_REPLAY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/replay/comparison.h"
#include "tools/replay/networks.h"
#include "tools/replay/trace.h"

namespace unclip::replay {

// Adds a stage to `comparison` for each module that `trace` recorded: tokenizer, image preprocessor, text_encoder, image_encoder,
// prior, text_proj, decoder, super_res_first, super_res_last. INVALID_ARGUMENT when the trace is not of this checkpoint.
absl::Status ReplayModules(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison);

// The image tower's input [1, 3, S, S] for a picture [H, W, 3] of uint8.
absl::StatusOr<at::Tensor> Preprocess(const clip::ClipVision& vision, const at::Tensor& input_image);

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_MODULE_REPLAY_H_
