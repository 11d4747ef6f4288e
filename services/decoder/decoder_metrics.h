// All metrics of the decoder service; docs/observability.md says what they mean.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_METRICS_H_
#define UNCLIP_SERVICES_DECODER_DECODER_METRICS_H_

#include "common/batching/memory_metrics.h"
#include "common/batching/queue_metrics.h"
#include "common/metrics/metrics_registry.h"
#include "common/metrics/model_metrics.h"
#include "common/metrics/rpc_metrics.h"
#include "common/trace/trace_metrics.h"

namespace unclip::decoder {

struct DecoderMetrics {
  // The values of label `stage`.
  static constexpr char kDecoderStage[] = "decoder";
  static constexpr char kSuperResStage[] = "super_res";  // all upsamplers together
  static constexpr char kEncodeStage[] = "encode";       // has no steps

  MetricsRegistry registry{"decoder"};
  RpcMetrics rpc{registry};
  TraceMetrics trace{registry};
  ModelMetrics model{registry};
  QueueMetrics queue{registry};
  MemoryMetrics memory{registry};
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_METRICS_H_
