#include "common/metrics/model_metrics.h"

namespace unclip {

ModelMetrics::ModelMetrics(MetricsRegistry& registry)
    : queue_length_(registry.AddGauge("queue_length", "Jobs that wait.").Add({})),
      queue_seconds_(registry.AddHistogram("queue_seconds", "Time that a job waited before it ran.").Add({}, SecondsBuckets())),
      stage_seconds_(registry.AddHistogram("stage_seconds", "Time that a stage of a finished job took to compute.")),
      steps_total_(registry.AddCounter("steps_total", "Denoising steps done; forward passes where a stage has no steps.")),
      model_info_(registry.AddGauge("model_info", "1 once the model is loaded; the labels tell which.")),
      model_parameters_(registry.AddGauge("model_parameters", "Parameters that the model holds.").Add({})),
      load_seconds_(registry.AddGauge("load_seconds", "Time that loading and warming up took; 0 until then.").Add({})) {}

void ModelMetrics::SetQueueLength(int length) { queue_length_.Set(length); }

void ModelMetrics::JobStarted(absl::Duration queue_duration) { queue_seconds_.Observe(absl::ToDoubleSeconds(queue_duration)); }

void ModelMetrics::StepDone(absl::string_view stage) { steps_total_.Add({{"stage", std::string(stage)}}).Increment(); }

void ModelMetrics::StageDone(absl::string_view stage, absl::Duration duration) {
  stage_seconds_.Add({{"stage", std::string(stage)}}, SecondsBuckets()).Observe(absl::ToDoubleSeconds(duration));
}

void ModelMetrics::ModelLoaded(const std::string& checkpoint, const std::string& fingerprint, const std::string& dtype,
                               int64_t parameter_count, absl::Duration load_duration) {
  model_info_.Add({{"checkpoint", checkpoint}, {"fingerprint", fingerprint}, {"dtype", dtype}}).Set(1);
  model_parameters_.Set(static_cast<double>(parameter_count));
  load_seconds_.Set(absl::ToDoubleSeconds(load_duration));
}

}  // namespace unclip
