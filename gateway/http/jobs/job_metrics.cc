#include "gateway/http/jobs/job_metrics.h"

#include <string>

namespace unclip::gateway {
namespace {

std::string Name(JobStatus status) { return std::string(JobStatusName(status)); }

}  // namespace

JobMetrics::JobMetrics(MetricsRegistry& registry)
    : jobs_(registry.AddGauge("jobs", "Jobs that are queued or running.")),
      ended_total_(registry.AddCounter("jobs_ended_total", "Jobs that have come to an end, by what they came to.")) {
  SetUnfinished(0, 0);
  // At 0 from the start, so that the first one is seen as a rise.
  for (const JobStatus status : {JobStatus::kSucceeded, JobStatus::kFailed, JobStatus::kCancelled}) {
    ended_total_.Add({{"status", Name(status)}});
  }
}

void JobMetrics::SetUnfinished(size_t queued, size_t running) {
  jobs_.Add({{"status", Name(JobStatus::kQueued)}}).Set(static_cast<double>(queued));
  jobs_.Add({{"status", Name(JobStatus::kRunning)}}).Set(static_cast<double>(running));
}

void JobMetrics::Ended(JobStatus status) { ended_total_.Add({{"status", Name(status)}}).Increment(); }

}  // namespace unclip::gateway
