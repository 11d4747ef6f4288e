// For tests: requests to a prior engine, no two alike.
#ifndef UNCLIP_SERVICES_PRIOR_VARIED_PRIOR_INPUT_H_
#define UNCLIP_SERVICES_PRIOR_VARIED_PRIOR_INPUT_H_

#include <cstdint>

#include "common/conditioning/varied_conditioning.h"
#include "services/prior/prior_engine.h"

namespace unclip::prior {

inline SamplePriorInput VariedPriorInput(const PriorModelInfo& info, int variant, int candidates, int steps,
                                         double guidance_scale) {
  SamplePriorInput input;
  input.text = VariedConditioning(info, 1.0F * variant, 5 + variant);
  input.negative_text = VariedConditioning(info, 0.1F, 2);
  input.candidate_count = candidates;
  input.step_count = steps;
  input.guidance_scale = guidance_scale;
  input.seed = uint64_t{100} + static_cast<uint64_t>(variant);
  return input;
}

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_VARIED_PRIOR_INPUT_H_
