// Takes each scheduler step from the reference's own inputs and noise and compares where it leads.
#ifndef UNCLIP_TOOLS_REPLAY_SCHEDULER_REPLAY_H_
#define UNCLIP_TOOLS_REPLAY_SCHEDULER_REPLAY_H_

#include "absl/status/status.h"
#include "tools/replay/comparison.h"
#include "tools/replay/networks.h"
#include "tools/replay/trace.h"

namespace unclip::replay {

// For a full trace: adds the stages "noise" (the samples that each diffusion starts from), "prior scheduler", "decoder scheduler"
// and "super_res scheduler" to `comparison`. Does nothing when the trace holds no network calls.
absl::Status ReplaySchedulers(const Trace& trace, const Networks& networks, const Tolerance& tolerance, Comparison& comparison);

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_SCHEDULER_REPLAY_H_
