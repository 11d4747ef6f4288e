// Runs the whole pipeline as the reference did and compares the pictures.
#ifndef UNCLIP_TOOLS_REPLAY_PICTURE_REPLAY_H_
#define UNCLIP_TOOLS_REPLAY_PICTURE_REPLAY_H_

#include "absl/status/status.h"
#include "tools/replay/comparison.h"
#include "tools/replay/networks.h"
#include "tools/replay/trace.h"

namespace unclip::replay {

// Adds the stage "picture" to `comparison`: from the prompt (or the input picture) and the seed of `trace`, with the reference's
// noise, to pictures. INVALID_ARGUMENT when the trace's step counts are not acceptable; INTERNAL when values are not finite.
absl::Status ReplayPicture(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison);

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_PICTURE_REPLAY_H_
