// The metrics that say what a service's memory allows.
#ifndef UNCLIP_COMMON_BATCHING_MEMORY_METRICS_H_
#define UNCLIP_COMMON_BATCHING_MEMORY_METRICS_H_

#include <string>

#include "absl/types/span.h"
#include "common/batching/memory_plan.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// Declares
//   memory_limit_bytes     gauge, memory that steps and started requests may take together
//   run_bytes              gauge, memory that a started request keeps between its steps
//   row_bytes{stage}       gauge, memory that a sample takes while it is stepped
//   max_batch_rows{stage}  gauge, samples that a step may have
//   max_started            gauge, requests that may be started at a time
// All 0 or absent until the model is loaded. Thread-safe.
class MemoryMetrics {
 public:
  explicit MemoryMetrics(MetricsRegistry& registry);

  // Sets them, and logs one line. `stages` are the values of the label, as many as the plan has stages.
  void Planned(const MemoryPlan& plan, absl::Span<const std::string> stages);

 private:
  prometheus::Gauge& memory_limit_bytes_;
  prometheus::Gauge& run_bytes_;
  GaugeFamily& row_bytes_;
  GaugeFamily& max_batch_rows_;
  prometheus::Gauge& max_started_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_MEMORY_METRICS_H_
