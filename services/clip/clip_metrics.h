// All metrics of the clip service; docs/observability.md says what they mean.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_METRICS_H_
#define UNCLIP_SERVICES_CLIP_CLIP_METRICS_H_

#include "common/batching/queue_metrics.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/model_metrics.h"
#include "common/metrics/rpc_metrics.h"
#include "common/trace/trace_metrics.h"

namespace unclip::clip {

struct ClipMetrics {
  // The values of label `stage`.
  static constexpr char kEmbedTextStage[] = "embed_text";
  static constexpr char kEmbedImageStage[] = "embed_image";

  MetricsRegistry registry{"clip"};
  RpcMetrics rpc{registry};
  TraceMetrics trace{registry};
  ModelMetrics model{registry};
  QueueMetrics queue{registry};
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_METRICS_H_
