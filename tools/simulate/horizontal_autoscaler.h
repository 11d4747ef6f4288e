// The algorithm of Kubernetes' HorizontalPodAutoscaler, autoscaling/v2.
//
// After https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/ ("Algorithm details", "Configurable
// scaling behavior") and, where that is silent, kubernetes/pkg/controller/podautoscaler (replica_calculator.go, horizontal.go).
#ifndef UNCLIP_TOOLS_SIMULATE_HORIZONTAL_AUTOSCALER_H_
#define UNCLIP_TOOLS_SIMULATE_HORIZONTAL_AUTOSCALER_H_

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip::simulate {

// At most so many pods, or so many percent of them, may come or go in a period.
struct ScalingPolicy {
  bool is_percent = false;
  int value = 0;
  absl::Duration period = absl::ZeroDuration();
};

// One direction.
struct ScalingRules {
  enum class Select { kMax, kMin, kDisabled };

  absl::Duration window = absl::ZeroDuration();  // the most cautious recommendation within it counts
  Select select = Select::kMax;
  std::vector<ScalingPolicy> policies = {};  // none: no limit
};

// What Kubernetes takes where a manifest says nothing.
ScalingRules DefaultScaleUp();
ScalingRules DefaultScaleDown();

struct AutoscalerOptions {
  // kPods: each pod's own value (type Pods); kExternal: one value for all of them (type External, AverageValue), which is what
  // KEDA makes of a Prometheus query.
  enum class Metric { kPods, kExternal };

  int min_replicas = 1;
  int max_replicas = 10;
  Metric metric = Metric::kPods;
  double target = 1;       // of the metric, a pod
  double tolerance = 0.1;  // by which metric ÷ target may differ from 1 before anything is done
  ScalingRules scale_up = DefaultScaleUp();
  ScalingRules scale_down = DefaultScaleDown();
};

// What is known of a pod of the workload.
struct PodSample {
  bool is_pending = false;                     // its process has not started
  std::optional<double> value = std::nullopt;  // none: the metric is missing
};

// Remembers recommendations and changes. Not thread-safe.
class HorizontalAutoscaler {
 public:
  explicit HorizontalAutoscaler(AutoscalerOptions options) : options_(std::move(options)) {}

  // How many replicas there should be, at `now`, which never goes back; there are `current`, and they will be made as many as
  // this returns. Call every sync period, 15 s by default.
  int Decide(absl::Duration now, int current, absl::Span<const PodSample> pods);

 private:
  struct Timed {
    absl::Duration at;
    int replicas = 0;
  };

  bool IsTolerated(double ratio) const;
  int Recommend(int current, absl::Span<const PodSample> pods) const;
  int RecommendFromPods(int current, absl::Span<const PodSample> pods) const;
  int Stabilize(absl::Duration now, int current, int recommended);
  int LimitUp(absl::Duration now, int current) const;
  int LimitDown(absl::Duration now, int current) const;

  const AutoscalerOptions options_;
  std::vector<Timed> recommendations_;
  std::vector<Timed> added_, removed_;  // by how many, when
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_HORIZONTAL_AUTOSCALER_H_
