// All metrics of a training run; docs/observability.md says what they mean.
#ifndef UNCLIP_TRAIN_TRAIN_METRICS_H_
#define UNCLIP_TRAIN_TRAIN_METRICS_H_

#include <string>

#include "common/metrics/metrics_registry.h"

namespace unclip::train {

// `run` is its name in the training folder ("decoder"); figures and scores are few and known when the program is built.
struct TrainMetrics {
  explicit TrainMetrics(const std::string& run_name) : run(run_name) {}

  const std::string run;
  MetricsRegistry registry{"train"};
  prometheus::Gauge& steps = registry.AddGauge("steps", "Steps of the whole run.").Add({{"run", run}});
  prometheus::Gauge& step = registry.AddGauge("step", "Steps that were done.").Add({{"run", run}});
  prometheus::Counter& pictures_total =
      registry.AddCounter("pictures_total", "Pictures trained on since the process started.").Add({{"run", run}});
  prometheus::Gauge& pictures_per_second =
      registry.AddGauge("pictures_per_second", "Pictures trained on in a second, lately.").Add({{"run", run}});
  prometheus::Counter& data_wait_seconds_total =
      registry.AddCounter("data_wait_seconds_total", "Time that training waited for data.").Add({{"run", run}});
  GaugeFamily& figure = registry.AddGauge("figure", "Loss, gradient norm, learning rate and what else a step tells, lately.");
  GaugeFamily& validation_score = registry.AddGauge("validation_score", "What the last validation found.");
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TRAIN_METRICS_H_
