// The metrics of jobs; docs/observability.md lists them.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_METRICS_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_METRICS_H_

#include <cstddef>

#include "common/metrics/metrics_registry.h"
#include "gateway/http/jobs/job_snapshot.h"

namespace unclip::gateway {

// Declares
//   jobs{status}              gauge, jobs that are queued or running
//   jobs_ended_total{status}  counter, jobs that have come to an end: succeeded, failed or cancelled
// Thread-safe.
class JobMetrics {
 public:
  explicit JobMetrics(MetricsRegistry& registry);

  void SetUnfinished(size_t queued, size_t running);

  // `status` is final.
  void Ended(JobStatus status);

 private:
  GaugeFamily& jobs_;
  CounterFamily& ended_total_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_METRICS_H_
