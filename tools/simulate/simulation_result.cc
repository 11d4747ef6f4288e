#include "tools/simulate/simulation_result.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace unclip::simulate {

TimeSummary Summarize(std::vector<absl::Duration> times) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const auto count = static_cast<int>(times.size());
  const auto percentile = [&](int percent) {
    // In whole numbers: a share of the count that is one must not be rounded up to the next.
    return times[static_cast<size_t>(std::max(0, (percent * count + 99) / 100 - 1))];
  };
  return {.count = count,
          .mean = std::accumulate(times.begin(), times.end(), absl::ZeroDuration()) / count,
          .p50 = percentile(50),
          .p95 = percentile(95),
          .p99 = percentile(99)};
}

const Usage& SimulationResult::Bottleneck() const {
  return *std::max_element(usage.begin(), usage.end(), [](const Usage& a, const Usage& b) { return a.share < b.share; });
}

}  // namespace unclip::simulate
