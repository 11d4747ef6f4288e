// What many measured times come to.
#ifndef UNCLIP_BENCH_RPC_COST_LATENCY_SUMMARY_H_
#define UNCLIP_BENCH_RPC_COST_LATENCY_SUMMARY_H_

#include <vector>

#include "absl/time/time.h"

namespace unclip::bench {

// All zero when nothing was measured.
struct LatencySummary {
  absl::Duration mean;
  absl::Duration median;
  absl::Duration p95;
  absl::Duration p99;
  absl::Duration greatest;
};

// A percentile is the least of `times` that so many percent of them do not exceed (the nearest rank).
LatencySummary Summarize(std::vector<absl::Duration> times);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_LATENCY_SUMMARY_H_
