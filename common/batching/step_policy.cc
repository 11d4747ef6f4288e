#include "common/batching/step_policy.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace unclip {
namespace {

// What a second of waiting counts against a second of remaining time. More of it serves in the order of arrival, which costs the
// mean what it gains the longest wait: docs/performance.md.
constexpr double kAgeing = 0.1;

// What a job on a lane of its own saves is the work around the operators, about a millisecond a step: nothing where steps are
// long.
constexpr absl::Duration kLongestLaneStep = absl::Milliseconds(50);
constexpr double kLargestStepRatio = 2;

int CountStarted(absl::Span<const StepCandidate> candidates) {
  return static_cast<int>(std::count_if(candidates.begin(), candidates.end(), [](const StepCandidate& c) { return c.started; }));
}

// Places in `candidates`, sorted so that goes_before(a, b) of them; equals stay as they are.
template <typename GoesBefore>
std::vector<size_t> SortedPlaces(absl::Span<const StepCandidate> candidates, GoesBefore goes_before) {
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return goes_before(candidates[a], candidates[b]); });
  return order;
}

}  // namespace

// A step's jobs as they are picked.
class StepPolicy::Batch {
 public:
  Batch(const Options& options, absl::Span<const StepCandidate> candidates)
      : options_(options), candidates_(candidates), started_(CountStarted(candidates)) {}

  const std::vector<size_t>& places() const { return places_; }
  bool empty() const { return places_.empty(); }
  int group() const { return candidates_[places_.front()].need.group; }

  // Takes it when it may start and is the first, or there is room for it beside those of its group.
  bool TryAdd(size_t place) {
    const StepNeed& need = candidates_[place].need;
    if (!MayStart(place)) return false;
    const bool fits = need.group >= 0 && need.group == (empty() ? need.group : group()) &&
                      rows_ + need.rows <= std::min(need.max_rows, options_.max_rows) &&
                      bytes_ + need.bytes <= options_.max_step_bytes;
    if (!empty() && !fits) return false;
    Add(place);
    rows_ += need.rows;
    return true;
  }

  // Takes it, for a lane of its own, when it may start and none would wait long for another's step.
  bool TryAddLane(size_t place) {
    const StepNeed& need = candidates_[place].need;
    const absl::Duration step = empty() ? need.step : candidates_[places_.front()].need.step;
    const bool fits = need.group >= 0 && need.step <= kLongestLaneStep &&
                      std::max(step, need.step) <= kLargestStepRatio * std::min(step, need.step) &&
                      bytes_ + need.bytes <= options_.max_step_bytes;
    if (!fits || !MayStart(place)) return false;
    Add(place);
    return true;
  }

 private:
  bool MayStart(size_t place) const { return candidates_[place].started || started_ < options_.max_started; }

  void Add(size_t place) {
    places_.push_back(place);
    bytes_ += candidates_[place].need.bytes;
    if (!candidates_[place].started) ++started_;
  }

  const Options& options_;
  const absl::Span<const StepCandidate> candidates_;
  std::vector<size_t> places_;
  int rows_ = 0;  // of the first one's group
  int64_t bytes_ = 0;
  int started_;
};

bool StepPolicy::GoesBefore(const StepCandidate& a, const StepCandidate& b, absl::Duration now) const {
  const auto urgency = [&](const StepCandidate& c) {
    const bool is_hopeless = now + c.need.remaining > c.deadline;
    return std::tuple(is_hopeless, options_.deadlines_first ? c.deadline : absl::ZeroDuration(),
                      c.need.remaining - kAgeing * (now - c.arrival), c.arrival);
  };
  return urgency(a) < urgency(b);
}

std::vector<size_t> StepPolicy::Pick(absl::Span<const StepCandidate> candidates, absl::Duration now) const {
  return (options_.batching == Batching::kStep ? PickStep(candidates, now) : PickRequests(candidates)).places();
}

StepPolicy::Batch StepPolicy::PickStep(absl::Span<const StepCandidate> candidates, absl::Duration now) const {
  const std::vector<size_t> order =
      SortedPlaces(candidates, [this, now](const StepCandidate& a, const StepCandidate& b) { return GoesBefore(a, b, now); });
  Batch lanes = PickLanes(candidates, order, now);
  if (!lanes.empty()) return lanes;
  Batch batch(options_, candidates);
  for (const size_t place : order) batch.TryAdd(place);
  return batch;
}

// As many as there are lanes; else none, as lanes would idle that the rows of fewer can share.
StepPolicy::Batch StepPolicy::PickLanes(absl::Span<const StepCandidate> candidates, absl::Span<const size_t> order,
                                        absl::Duration now) const {
  if (options_.lanes == 1) return Batch(options_, candidates);
  // The first is slower on a lane than on all of them; its deadline must bear that.
  const StepCandidate& first = candidates[order.front()];
  if (now + options_.lanes * first.need.remaining > first.deadline) return Batch(options_, candidates);
  Batch batch(options_, candidates);
  for (const size_t place : order) {
    if (!batch.TryAddLane(place) && batch.empty()) return Batch(options_, candidates);
    if (static_cast<int>(batch.places().size()) == options_.lanes) return batch;
  }
  return Batch(options_, candidates);
}

StepPolicy::Batch StepPolicy::PickRequests(absl::Span<const StepCandidate> candidates) const {
  const bool is_under_way = CountStarted(candidates) > 0;
  const std::vector<size_t> order = SortedPlaces(candidates, [is_under_way](const StepCandidate& a, const StepCandidate& b) {
    return std::tuple(is_under_way ? a.need.group : 0, a.arrival) < std::tuple(is_under_way ? b.need.group : 0, b.arrival);
  });
  Batch batch(options_, candidates);
  for (const size_t place : order) {
    if (is_under_way && !candidates[place].started) continue;
    if (!batch.TryAdd(place)) break;  // none that came later is served before it
  }
  return batch;
}

absl::Duration StepPolicy::WorkBefore(absl::Span<const StepCandidate> candidates, const StepCandidate& newcomer,
                                      absl::Duration now) const {
  absl::Duration work;
  for (const StepCandidate& c : candidates) {
    if (options_.batching == Batching::kRequest || GoesBefore(c, newcomer, now)) work += c.need.remaining;
  }
  return work;
}

}  // namespace unclip
