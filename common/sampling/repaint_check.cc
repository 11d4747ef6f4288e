#include "common/sampling/repaint_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip {

absl::StatusOr<RepaintSteps> ReadRepaintSteps(absl::string_view field, std::optional<int> resample_count,
                                              std::optional<int> jump_length, const RepaintLimits& limits, int step_count) {
  const int max_jump_length = std::min(limits.max_jump_length, step_count - 1);
  RepaintSteps steps = {.resample_count = resample_count.value_or(limits.defaults.resample_count),
                        .jump_length = jump_length.value_or(std::min(limits.defaults.jump_length, max_jump_length))};
  RETURN_IF_ERROR(CheckIntRange(absl::StrCat(field, ".resample_count"), steps.resample_count, 1, limits.max_resample_count));
  RETURN_IF_ERROR(CheckIntRange(absl::StrCat(field, ".jump_length"), steps.jump_length, 1, limits.max_jump_length));
  if (steps.resample_count > 1 && steps.jump_length > max_jump_length) {
    return absl::InvalidArgumentError(absl::StrCat(field, ".jump_length is ", steps.jump_length, "; it must be less than the ",
                                                   step_count, " steps of the base decoder"));
  }
  return steps;
}

int StepsInAll(int step_count, const RepaintSteps& steps) {
  const int stretches = (step_count - 1) / steps.jump_length;
  return step_count + stretches * steps.jump_length * (steps.resample_count - 1);
}

}  // namespace unclip
