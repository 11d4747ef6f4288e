#include "common/batching/memory_plan.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace unclip {
namespace {

// How often `part` goes into `whole`, at least once and at most `most` times.
int Count(int64_t whole, int64_t part, int most) {
  if (part <= 0) return most;
  return static_cast<int>(std::clamp<int64_t>(whole / part, 1, most));
}

}  // namespace

int64_t MemoryPlan::StepBytes(int stage, int rows) const {
  return static_cast<size_t>(stage) < needs.row_bytes.size() ? needs.row_bytes[stage] * rows : 0;
}

absl::Status MemoryPlan::CheckFits(absl::Span<const int> rows) const {
  int64_t largest_step = 0;
  for (size_t stage = 0; stage < rows.size(); ++stage) {
    largest_step = std::max(largest_step, StepBytes(static_cast<int>(stage), rows[stage]));
  }
  if (largest_step <= limit_bytes && needs.run_bytes <= limit_bytes - largest_step) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the request does not fit into memory: a step of it takes ",
                                                   MebibytesText(largest_step), " and it keeps ", MebibytesText(needs.run_bytes),
                                                   "; --memory_limit_mib leaves ", MebibytesText(limit_bytes),
                                                   " for both; ask for less at a time"));
}

MemoryPlan PlanMemory(int64_t limit_bytes, const MemoryNeeds& needs, absl::Span<const int> max_rows, int max_started) {
  MemoryPlan plan = {.needs = needs, .limit_bytes = limit_bytes, .max_step_bytes = limit_bytes / 2, .max_rows = {}};
  int64_t wanted = 0, least = 0;
  for (size_t stage = 0; stage < needs.row_bytes.size(); ++stage) {
    wanted = std::max(wanted, needs.row_bytes[stage] * max_rows[stage]);
    least = std::max(least, needs.row_bytes[stage]);
  }
  // What a single row takes, even where that is more than half.
  plan.max_step_bytes = std::max(std::min(plan.max_step_bytes, wanted), std::min(least, limit_bytes));
  for (size_t stage = 0; stage < needs.row_bytes.size(); ++stage) {
    plan.max_rows.push_back(Count(plan.max_step_bytes, needs.row_bytes[stage], max_rows[stage]));
  }
  plan.max_started = Count(limit_bytes - plan.max_step_bytes, needs.run_bytes, max_started);
  return plan;
}

std::string MebibytesText(int64_t bytes) {
  constexpr double kMebi = 1 << 20;
  const double mebi = static_cast<double>(bytes) / kMebi;
  return mebi < 1024 ? absl::StrFormat("%.1f MiB", mebi) : absl::StrFormat("%.1f GiB", mebi / 1024);
}

}  // namespace unclip
