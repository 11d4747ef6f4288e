// The first run of a prior that was just loaded.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_WARM_UP_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_WARM_UP_H_

#include "absl/status/status.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

// Takes a few steps, of a run of `step_count`, on nothing in particular: finds weights that are not finite, leaves everything
// warm, and puts into `info`, which is the engine's own, what a step and a run take.
absl::Status WarmUp(PriorEngine& engine, int step_count, PriorModelInfo& info);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_WARM_UP_H_
