// How many requests may be under way in a bounded memory.
#ifndef UNCLIP_COMMON_BATCHING_MEMORY_PLAN_H_
#define UNCLIP_COMMON_BATCHING_MEMORY_PLAN_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace unclip {

// What requests cost. All ≥ 0.
struct MemoryNeeds {
  std::vector<int64_t> row_bytes;  // that a sample takes while it is stepped, of each stage
  int64_t run_bytes = 0;           // that a started request keeps between its steps
};

// What may be under way. Made by PlanMemory(); without a limit by default.
struct MemoryPlan {
  MemoryNeeds needs;
  int64_t limit_bytes = std::numeric_limits<int64_t>::max();     // of all steps and runs together
  int64_t max_step_bytes = std::numeric_limits<int64_t>::max();  // of a step
  std::vector<int> max_rows;                                     // of a step of each stage
  int max_started = std::numeric_limits<int>::max();             // requests at a time; ≥ 1

  // Bytes that a step of so many rows takes; 0 for a stage that was not measured.
  int64_t StepBytes(int stage, int rows) const;

  // OK, or RESOURCE_EXHAUSTED, naming the sizes, when a request whose steps have so many rows, one value for each stage, would
  // not fit even alone. It never will: there is no time to retry after.
  absl::Status CheckFits(absl::Span<const int> rows) const;
};

// Divides `limit_bytes`, ≥ 0: steps may take half of it, or what `max_rows` of the most expensive stage take if that is less;
// started requests what is left. Neither rows nor requests are more than `max_rows` (of each stage, as many as needs.row_bytes)
// and `max_started`; at least one row and one request, whatever they take, as CheckFits() refuses what does not fit. Pure.
MemoryPlan PlanMemory(int64_t limit_bytes, const MemoryNeeds& needs, absl::Span<const int> max_rows, int max_started);

// "1.5 GiB", "12.3 MiB".
std::string MebibytesText(int64_t bytes);

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_MEMORY_PLAN_H_
