#include "common/batching/step_policy.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace unclip {

std::vector<size_t> StepPolicy::Pick(absl::Span<const StepCandidate> candidates, absl::Duration now) const {
  const auto urgency = [&](size_t i) {
    const StepCandidate& c = candidates[i];
    const absl::Duration lead = c.need.remaining - (now - c.arrival);
    const bool is_hopeless = now + c.need.remaining > c.deadline;
    return std::tuple(is_hopeless, options_.deadlines_first ? c.deadline : absl::ZeroDuration(), lead, c.arrival, i);
  };
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return urgency(a) < urgency(b); });

  int started =
      static_cast<int>(std::count_if(candidates.begin(), candidates.end(), [](const StepCandidate& c) { return c.started; }));
  std::vector<size_t> batch;
  int rows = 0;
  for (const size_t i : order) {
    const StepCandidate& c = candidates[i];
    if (!c.started && started >= options_.max_started) continue;
    if (!batch.empty()) {
      const int group = candidates[batch.front()].need.group;
      if (group < 0) break;
      if (c.need.group != group || rows + c.need.rows > options_.max_rows) continue;
    }
    batch.push_back(i);
    rows += c.need.rows;
    if (!c.started) ++started;
  }
  return batch;
}

}  // namespace unclip
