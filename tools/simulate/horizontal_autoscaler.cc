#include "tools/simulate/horizontal_autoscaler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace unclip::simulate {
namespace {

int CountIf(absl::Span<const PodSample> pods, bool (*holds)(const PodSample&)) {
  return static_cast<int>(std::count_if(pods.begin(), pods.end(), holds));
}

bool IsReady(const PodSample& pod) { return !pod.is_pending && pod.value.has_value(); }

// Kubernetes counts in thousandths, and rounds means of them down.
int64_t Thousandths(double value) { return std::llround(value * 1000); }

double Ratio(int64_t usage, int pods, int64_t target) {
  const int64_t mean = usage / pods;
  return static_cast<double>(mean) / static_cast<double>(target);
}

// How much of what changed within the period of a policy. A change on its very edge no longer counts.
template <typename Changes>
int SumSince(const Changes& changes, absl::Duration begin) {
  return std::accumulate(changes.begin(), changes.end(), 0,
                         [begin](int sum, const auto& change) { return change.at > begin ? sum + change.replicas : sum; });
}

}  // namespace

ScalingRules DefaultScaleUp() {
  return {
      .policies = {{.is_percent = true, .value = 100, .period = absl::Seconds(15)}, {.value = 4, .period = absl::Seconds(15)}}};
}

ScalingRules DefaultScaleDown() {
  return {.window = absl::Seconds(300), .policies = {{.is_percent = true, .value = 100, .period = absl::Seconds(15)}}};
}

int HorizontalAutoscaler::Decide(absl::Duration now, int current, absl::Span<const PodSample> pods) {
  if (recommendations_.empty()) recommendations_.push_back({now, current});
  if (current == 0) return 0;  // switched off
  int desired = std::clamp(current, options_.min_replicas, options_.max_replicas);
  if (desired == current) {
    desired = Stabilize(now, current, Recommend(current, pods));
    if (desired > current) desired = std::min({desired, LimitUp(now, current), options_.max_replicas});
    if (desired < current) desired = std::max({desired, LimitDown(now, current), options_.min_replicas});
  }
  if (desired > current) added_.push_back({now, desired - current});
  if (desired < current) removed_.push_back({now, current - desired});
  return desired;
}

bool HorizontalAutoscaler::IsTolerated(double ratio) const {
  return 1 - options_.tolerance <= ratio && ratio <= 1 + options_.tolerance;
}

int HorizontalAutoscaler::Recommend(int current, absl::Span<const PodSample> pods) const {
  if (options_.metric == AutoscalerOptions::Metric::kPods) return RecommendFromPods(current, pods);
  int64_t usage = 0;
  for (const PodSample& pod : pods) usage += Thousandths(pod.value.value_or(0));
  const double wanted = static_cast<double>(usage) / static_cast<double>(Thousandths(options_.target));
  return IsTolerated(wanted / current) ? current : static_cast<int>(std::ceil(wanted));
}

int HorizontalAutoscaler::RecommendFromPods(int current, absl::Span<const PodSample> pods) const {
  const int ready = CountIf(pods, IsReady);
  if (ready == 0) return current;  // no metrics: no opinion
  int64_t usage = 0;
  for (const PodSample& pod : pods) usage += IsReady(pod) ? Thousandths(*pod.value) : 0;
  const int64_t target = Thousandths(options_.target);
  const double ratio = Ratio(usage, ready, target);
  const int pending = CountIf(pods, [](const PodSample& pod) { return pod.is_pending; });
  const int missing = static_cast<int>(pods.size()) - ready - pending;
  if (missing == 0 && (pending == 0 || ratio <= 1)) {
    return IsTolerated(ratio) ? current : static_cast<int>(std::ceil(ratio * ready));
  }
  // Of those that say nothing the more cautious is taken: they use none when more are called for, else all that they should.
  int counted = ready + missing;
  if (ratio < 1) {
    usage += missing * target;
  } else {
    counted += pending;
  }
  const double cautious = Ratio(usage, counted, target);
  if (IsTolerated(cautious) || (ratio < 1) != (cautious < 1)) return current;
  const int recommended = static_cast<int>(std::ceil(cautious * counted));
  return (cautious < 1 && recommended > current) || (cautious > 1 && recommended < current) ? current : recommended;
}

int HorizontalAutoscaler::Stabilize(absl::Duration now, int current, int recommended) {
  int least = recommended, most = recommended;
  for (const Timed& earlier : recommendations_) {
    if (earlier.at > now - options_.scale_up.window) least = std::min(least, earlier.replicas);
    if (earlier.at > now - options_.scale_down.window) most = std::max(most, earlier.replicas);
  }
  recommendations_.push_back({now, recommended});
  const absl::Duration begin = now - std::max(options_.scale_up.window, options_.scale_down.window);
  std::erase_if(recommendations_, [begin](const Timed& earlier) { return earlier.at <= begin; });
  if (current < least) return least;
  return std::min(current, most);
}

int HorizontalAutoscaler::LimitUp(absl::Duration now, int current) const {
  const ScalingRules& rules = options_.scale_up;
  if (rules.select == ScalingRules::Select::kDisabled) return current;
  if (rules.policies.empty()) return std::numeric_limits<int>::max();
  const bool takes_most = rules.select == ScalingRules::Select::kMax;
  int limit = takes_most ? 0 : std::numeric_limits<int>::max();
  for (const ScalingPolicy& policy : rules.policies) {
    const int begin = current - SumSince(added_, now - policy.period) + SumSince(removed_, now - policy.period);
    const int proposed =
        policy.is_percent ? static_cast<int>(std::ceil(begin * (1 + policy.value / 100.0))) : begin + policy.value;
    limit = takes_most ? std::max(limit, proposed) : std::min(limit, proposed);
  }
  return std::max(limit, current);
}

int HorizontalAutoscaler::LimitDown(absl::Duration now, int current) const {
  const ScalingRules& rules = options_.scale_down;
  if (rules.select == ScalingRules::Select::kDisabled) return current;
  if (rules.policies.empty()) return 0;
  const bool takes_most = rules.select == ScalingRules::Select::kMax;
  int limit = takes_most ? std::numeric_limits<int>::max() : 0;
  for (const ScalingPolicy& policy : rules.policies) {
    const int begin = current - SumSince(added_, now - policy.period) + SumSince(removed_, now - policy.period);
    const int proposed = policy.is_percent ? static_cast<int>(begin * (1 - policy.value / 100.0)) : begin - policy.value;
    limit = takes_most ? std::min(limit, proposed) : std::max(limit, proposed);
  }
  return std::min(limit, current);
}

}  // namespace unclip::simulate
