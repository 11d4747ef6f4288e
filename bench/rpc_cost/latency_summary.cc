#include "bench/rpc_cost/latency_summary.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace unclip::bench {
namespace {

absl::Duration Percentile(const std::vector<absl::Duration>& sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;  // rounded up, from 1
  return sorted[rank - 1];
}

}  // namespace

LatencySummary Summarize(std::vector<absl::Duration> times) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  return {.mean = std::accumulate(times.begin(), times.end(), absl::ZeroDuration()) / static_cast<int64_t>(times.size()),
          .median = Percentile(times, 50),
          .p95 = Percentile(times, 95),
          .p99 = Percentile(times, 99),
          .greatest = times.back()};
}

}  // namespace unclip::bench
