// The metrics that every service with a model and a work queue has.
#ifndef UNCLIP_COMMON_METRICS_MODEL_METRICS_H_
#define UNCLIP_COMMON_METRICS_MODEL_METRICS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_registry.h"

namespace unclip {

// Declares
//   queue_length                          gauge, jobs that wait for their first step
//   queue_seconds                         histogram, time that a job waited for its first step
//   stage_seconds{stage}                  histogram, time that a stage of a finished job took to compute
//   steps_total{stage}                    counter, denoising steps done (a forward pass, where a stage has no steps)
//   model_info{checkpoint,fingerprint,dtype} gauge, 1 once the model is loaded
//   model_parameters                      gauge, parameters held
//   load_seconds                          gauge, time that loading and warming up took; 0 until then
// Thread-safe.
class ModelMetrics {
 public:
  explicit ModelMetrics(MetricsRegistry& registry);

  void SetQueueLength(int length);
  void JobStarted(absl::Duration queue_duration);
  void StepDone(absl::string_view stage);
  void StageDone(absl::string_view stage, absl::Duration duration);
  void ModelLoaded(const std::string& checkpoint, const std::string& fingerprint, const std::string& dtype,
                   int64_t parameter_count, absl::Duration load_duration);

 private:
  prometheus::Gauge& queue_length_;
  prometheus::Histogram& queue_seconds_;
  HistogramFamily& stage_seconds_;
  CounterFamily& steps_total_;
  GaugeFamily& model_info_;
  prometheus::Gauge& model_parameters_;
  prometheus::Gauge& load_seconds_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_MODEL_METRICS_H_
