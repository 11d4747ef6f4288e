#include "common/batching/memory_metrics.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"

namespace unclip {

MemoryMetrics::MemoryMetrics(MetricsRegistry& registry)
    : memory_limit_bytes_(
          registry.AddGauge("memory_limit_bytes", "Memory that steps and started requests may take together.").Add({})),
      run_bytes_(registry.AddGauge("run_bytes", "Memory that a started request keeps between its steps.").Add({})),
      row_bytes_(registry.AddGauge("row_bytes", "Memory that a sample takes while it is stepped.")),
      max_batch_rows_(registry.AddGauge("max_batch_rows", "Samples that a step may have.")),
      max_started_(registry.AddGauge("max_started", "Requests that may be started at a time.").Add({})) {}

void MemoryMetrics::Planned(const MemoryPlan& plan, absl::Span<const std::string> stages) {
  memory_limit_bytes_.Set(static_cast<double>(plan.limit_bytes));
  run_bytes_.Set(static_cast<double>(plan.needs.run_bytes));
  max_started_.Set(plan.max_started);
  std::string rows;
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    row_bytes_.Add({{"stage", stages[stage]}}).Set(static_cast<double>(plan.needs.row_bytes[stage]));
    max_batch_rows_.Add({{"stage", stages[stage]}}).Set(plan.max_rows[stage]);
    absl::StrAppend(&rows, rows.empty() ? "" : ", ", stages[stage], " ", plan.max_rows[stage], " of ",
                    MebibytesText(plan.needs.row_bytes[stage]));
  }
  LogInfo("memory planned", {{"limit", MebibytesText(plan.limit_bytes)},
                             {"step_rows", rows},
                             {"max_started", plan.max_started},
                             {"started_each", MebibytesText(plan.needs.run_bytes)}});
}

}  // namespace unclip
