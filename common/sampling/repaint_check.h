// Checks how often a request wants the steps of an inpainting to be gone over, and counts them.
#ifndef UNCLIP_COMMON_SAMPLING_REPAINT_CHECK_H_
#define UNCLIP_COMMON_SAMPLING_REPAINT_CHECK_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

// The base decoder goes over each stretch of `jump_length` steps `resample_count` times (model/diffusion/repainter.h). Both ≥ 1.
struct RepaintSteps {
  int resample_count = 1;
  int jump_length = 1;
};

// What a decoder can do.
struct RepaintLimits {
  int max_resample_count = 1;
  int max_jump_length = 1;
  RepaintSteps defaults = {};
};

// What is asked for, or the default where nothing is, of a run of `step_count` ≥ 2 steps: a default stretch is as long as the run
// allows. INVALID_ARGUMENT, naming the field under `field`, its value and what is allowed, when a count is out of range, or when
// a stretch that is gone over more than once is not shorter than the run.
absl::StatusOr<RepaintSteps> ReadRepaintSteps(absl::string_view field, std::optional<int> resample_count,
                                              std::optional<int> jump_length, const RepaintLimits& limits, int step_count);

// Steps that such a run does, counting each as often as it is done.
int StepsInAll(int step_count, const RepaintSteps& steps);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SAMPLING_REPAINT_CHECK_H_
