// The metrics of what a WorkQueue steps, wastes and refuses.
#ifndef UNCLIP_COMMON_BATCHING_QUEUE_METRICS_H_
#define UNCLIP_COMMON_BATCHING_QUEUE_METRICS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/rejection_metrics.h"

namespace unclip {

// Declares RejectionMetrics, and
//   queue_capacity                     gauge, jobs that may wait for their first step
//   batch_rows{stage}                  histogram, samples of a stage that a step computed together
//   wasted_steps_total{stage,reason}   counter, steps of jobs that ended without a result that somebody waited for
// Thread-safe.
class QueueMetrics {
 public:
  explicit QueueMetrics(MetricsRegistry& registry);

  RejectionMetrics& rejections() { return rejections_; }

  void SetCapacity(int jobs) { queue_capacity_.Set(jobs); }
  void BatchStepped(absl::string_view stage, int rows);

  // A job that had taken so many steps of a stage ended with `why`, which is not OK.
  void StepsWasted(absl::string_view stage, int steps, const absl::Status& why);

 private:
  RejectionMetrics rejections_;
  prometheus::Gauge& queue_capacity_;
  HistogramFamily& batch_rows_;
  CounterFamily& wasted_steps_total_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_QUEUE_METRICS_H_
