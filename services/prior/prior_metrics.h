// All metrics of the prior service; docs/observability.md says what they mean.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_METRICS_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_METRICS_H_

#include "common/batching/memory_metrics.h"
#include "common/batching/queue_metrics.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/model_metrics.h"
#include "common/metrics/rpc_metrics.h"
#include "common/trace/trace_metrics.h"

namespace unclip::prior {

struct PriorMetrics {
  // The values of label `stage`.
  static constexpr char kPriorStage[] = "prior";

  MetricsRegistry registry{"prior"};
  RpcMetrics rpc{registry};
  TraceMetrics trace{registry};
  ModelMetrics model{registry};
  QueueMetrics queue{registry};
  MemoryMetrics memory{registry};
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_METRICS_H_
