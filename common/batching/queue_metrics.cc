#include "common/batching/queue_metrics.h"

#include <string>

namespace unclip {
namespace {

// With guidance a candidate has two rows; the largest batches of a GPU have a few hundred.
prometheus::Histogram::BucketBoundaries RowBuckets() { return {1, 2, 4, 8, 16, 32, 64, 128, 256}; }

// The value of label `reason`.
const char* WasteReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return "cancelled";
    case absl::StatusCode::kDeadlineExceeded:
      return "deadline";
    case absl::StatusCode::kUnavailable:
      return "draining";
    default:
      return "failed";
  }
}

}  // namespace

QueueMetrics::QueueMetrics(MetricsRegistry& registry)
    : rejections_(registry,
                  {Rejection::kQueueFull, Rejection::kDeadline, Rejection::kMemory, Rejection::kLoading, Rejection::kDraining}),
      queue_capacity_(registry.AddGauge("queue_capacity", "Jobs that may wait for their first step.").Add({})),
      batch_rows_(registry.AddHistogram("batch_rows", "Samples of a stage that a step computed together.")),
      wasted_steps_total_(registry.AddCounter(
          "wasted_steps_total", "Steps of jobs that ended without a result that somebody waited for, by stage and reason.")) {}

void QueueMetrics::BatchStepped(absl::string_view stage, int rows) {
  batch_rows_.Add({{"stage", std::string(stage)}}, RowBuckets()).Observe(rows);
}

void QueueMetrics::StepsWasted(absl::string_view stage, int steps, const absl::Status& why) {
  wasted_steps_total_.Add({{"stage", std::string(stage)}, {"reason", WasteReason(why.code())}}).Increment(steps);
}

}  // namespace unclip
