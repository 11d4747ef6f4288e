// The metric that says why requests were turned away.
#ifndef UNCLIP_COMMON_METRICS_REJECTION_METRICS_H_
#define UNCLIP_COMMON_METRICS_REJECTION_METRICS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// Why a request was turned away before any work was done for it, though nothing was wrong with it.
enum class Rejection {
  kQueueFull,     // as many wait as may
  kDeadline,      // its deadline had passed, or would before its work could be done
  kMemory,        // a step of it alone takes more than there is
  kLoading,       // the model is not there yet
  kDraining,      // the process goes down
  kGatewayFull,   // the gateway works on as many requests as it takes
  kJobsFull,      // as many jobs are queued or running as may be
  kUpstreamDown,  // a service behind the gateway is away
};

// The label's value: "queue_full".
absl::string_view RejectionName(Rejection reason);

// Declares
//   rejections_total{reason}  counter, requests that were turned away before any work was done for them
// Thread-safe.
class RejectionMetrics {
 public:
  // `reasons` are those that the process has; they are shown from the start, at 0, so that the first one is seen as a rise.
  RejectionMetrics(MetricsRegistry& registry, absl::Span<const Rejection> reasons);

  void Count(Rejection reason);

  // Counts unless `status` is OK, and hands it on.
  absl::Status Count(Rejection reason, absl::Status status);

 private:
  CounterFamily& rejections_total_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_REJECTION_METRICS_H_
