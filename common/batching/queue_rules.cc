#include "common/batching/queue_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/retry_info.h"

namespace unclip {

absl::Status QueueRules::CheckNewcomer(const std::vector<StepCandidate>& held, const StepNeed& need, absl::Duration deadline,
                                       absl::Duration now) const {
  RETURN_IF_ERROR(CheckRoom(held));
  return CheckTime(held, need, deadline, now);
}

absl::Status QueueRules::CheckRoom(absl::Span<const StepCandidate> held) const {
  const auto waiting = std::count_if(held.begin(), held.end(), [](const StepCandidate& c) { return !c.started; });
  if (waiting < capacity_) return absl::OkStatus();
  const absl::Duration delay = estimator_.Estimate(static_cast<int>(waiting));
  absl::Status full = absl::ResourceExhaustedError(
      absl::StrCat("the queue of ", name_, " is full (", capacity_, " requests wait); retry in ", absl::FormatDuration(delay)));
  SetRetryAfter(delay, &full);
  return full;
}

absl::Status QueueRules::CheckTime(std::vector<StepCandidate> held, const StepNeed& need, absl::Duration deadline,
                                   absl::Duration now) const {
  if (deadline == absl::InfiniteDuration() || held.empty()) return absl::OkStatus();
  const StepCandidate newcomer = {
      .need = {.remaining = guard_.Expected(need.remaining, now)}, .arrival = now, .deadline = deadline, .started = false};
  // What of the step under way is done is not before it.
  const absl::Duration before =
      policy_.WorkBefore(Corrected(std::move(held), now), newcomer, now) - std::max(absl::ZeroDuration(), now - step_begin_);
  RETURN_IF_ERROR(guard_.CheckJob(newcomer.need.remaining, deadline, now));
  return guard_.CheckNewcomer(name_, newcomer.need.remaining, before, deadline, now);
}

absl::Status QueueRules::CheckHeld(const StepNeed& need, absl::Duration deadline, size_t held, absl::Duration now) const {
  if (held <= 1) return absl::OkStatus();
  return guard_.CheckJob(guard_.Expected(need.remaining, now), deadline, now);
}

std::vector<size_t> QueueRules::BeginStep(std::vector<StepCandidate> held, absl::Duration now) {
  step_begin_ = now;
  return policy_.Pick(Corrected(std::move(held), now), now);
}

void QueueRules::EndStep(absl::Duration guessed, absl::Duration took, absl::Duration now) {
  step_begin_ = absl::InfiniteDuration();
  guard_.StepDone(guessed, took, now);
}

std::vector<StepCandidate> QueueRules::Corrected(std::vector<StepCandidate> held, absl::Duration now) const {
  for (StepCandidate& candidate : held) {
    candidate.need.step = guard_.Expected(candidate.need.step, now);
    candidate.need.remaining = guard_.Expected(candidate.need.remaining, now);
  }
  return held;
}

}  // namespace unclip
