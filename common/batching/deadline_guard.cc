#include "common/batching/deadline_guard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/rpc/retry_info.h"

namespace unclip {
namespace {

constexpr double kKept = 0.97;  // of the weight of earlier steps; the last 30 count for 60 %
constexpr int kLeastSteps = 8;
constexpr absl::Duration kForgetAfter = absl::Seconds(10);
// One step that was held up says little of the next; many in a row still get through, as the bound moves with them.
constexpr double kLargestSurprise = 4;
constexpr double kLeastShare = 0.5;  // of the time expected that work may take after all

// To hundredths of a second, for people.
std::string Text(absl::Duration duration) { return absl::FormatDuration(absl::Trunc(duration, absl::Milliseconds(10))); }

}  // namespace

void DeadlineGuard::StepDone(absl::Duration guessed, absl::Duration took, absl::Duration now) {
  if (guessed <= absl::ZeroDuration()) return;
  if (!IsFresh(now - took)) {
    guessed_ = took_ = absl::ZeroDuration();
    steps_ = 0;
  }
  if (Knows(now)) took = std::min(took, kLargestSurprise * Expected(guessed, now));
  guessed_ = kKept * guessed_ + guessed;
  took_ = kKept * took_ + took;
  ++steps_;
  last_step_ = now;
}

// Where a step takes long, so does waiting for news.
bool DeadlineGuard::IsFresh(absl::Duration at) const { return at - last_step_ <= std::max(kForgetAfter, took_); }

bool DeadlineGuard::Knows(absl::Duration now) const { return steps_ >= kLeastSteps && IsFresh(now); }

absl::Duration DeadlineGuard::Expected(absl::Duration guessed, absl::Duration now) const {
  return Knows(now) ? guessed * absl::FDivDuration(took_, guessed_) : guessed;
}

absl::Status DeadlineGuard::CheckJob(absl::Duration remaining, absl::Duration deadline, absl::Duration now) const {
  if (!Knows(now) || now + kLeastShare * remaining <= deadline) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the request's deadline is in ", Text(deadline - now),
                                                  " and its work would take ", Text(remaining),
                                                  " more; ask with more time, fewer steps or fewer pictures"));
}

absl::Status DeadlineGuard::CheckNewcomer(absl::string_view queue, absl::Duration remaining, absl::Duration before,
                                          absl::Duration deadline, absl::Duration now) const {
  const absl::Duration excess = now + before + remaining - deadline;
  if (!Knows(now) || before <= absl::ZeroDuration() || excess <= absl::ZeroDuration()) return absl::OkStatus();
  const absl::Duration retry_after = std::clamp(excess, absl::Milliseconds(100), absl::Seconds(60));
  absl::Status status = absl::ResourceExhaustedError(
      absl::StrCat(queue, " has work of ", Text(before), " before this request, whose own takes ", Text(remaining),
                   " and whose deadline is in ", Text(deadline - now), "; retry in ", Text(retry_after)));
  SetRetryAfter(retry_after, &status);
  return status;
}

}  // namespace unclip
