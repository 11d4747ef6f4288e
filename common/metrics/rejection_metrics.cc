#include "common/metrics/rejection_metrics.h"

#include <string>

namespace unclip {

absl::string_view RejectionName(Rejection reason) {
  switch (reason) {
    case Rejection::kQueueFull:
      return "queue_full";
    case Rejection::kDeadline:
      return "deadline";
    case Rejection::kMemory:
      return "memory";
    case Rejection::kLoading:
      return "loading";
    case Rejection::kDraining:
      return "draining";
    case Rejection::kGatewayFull:
      return "gateway_full";
    case Rejection::kJobsFull:
      return "jobs_full";
    case Rejection::kUpstreamDown:
      return "upstream_down";
  }
  return "unknown";
}

RejectionMetrics::RejectionMetrics(MetricsRegistry& registry, absl::Span<const Rejection> reasons)
    : rejections_total_(
          registry.AddCounter("rejections_total", "Requests turned away before any work was done for them, by reason.")) {
  for (const Rejection reason : reasons) rejections_total_.Add({{"reason", std::string(RejectionName(reason))}});
}

void RejectionMetrics::Count(Rejection reason) {
  rejections_total_.Add({{"reason", std::string(RejectionName(reason))}}).Increment();
}

absl::Status RejectionMetrics::Count(Rejection reason, absl::Status status) {
  if (!status.ok()) Count(reason);
  return status;
}

}  // namespace unclip
