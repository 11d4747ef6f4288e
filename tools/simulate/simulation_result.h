// What a simulation came to.
#ifndef UNCLIP_TOOLS_SIMULATE_SIMULATION_RESULT_H_
#define UNCLIP_TOOLS_SIMULATE_SIMULATION_RESULT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip::simulate {

// Of some durations; all 0 of none.
struct TimeSummary {
  int count = 0;
  absl::Duration mean, p50, p95, p99;
};

// A percentile is the smallest of `times` that at least so many of them do not exceed.
TimeSummary Summarize(std::vector<absl::Duration> times);

// How much of what there is was used; while the simulation counted.
struct Usage {
  std::string name;  // "decoder"
  double share = 0;  // 0 to 1
};

struct ReplicaUsage {
  double mean = 0;
  int most = 0;
  double hours = 0;          // of all replicas together
  double jobs_per_step = 0;  // jobs that shared a step
};

// Requests are those that arrived while the simulation counted; each is in one of the four counts. Rates are of pictures that
// came then, whenever they were asked for.
struct SimulationResult {
  int sent = 0;
  int finished = 0;  // within the SLO
  int late = 0;      // past it, or past their deadline
  int rejected = 0;  // RESOURCE_EXHAUSTED
  int failed = 0;    // anything else
  double offered_rate = 0;
  double achieved_rate = 0;
  double goodput = 0;
  double mean_requests = 0;  // in the gateways
  TimeSummary latency;       // of requests that ended well
  std::map<std::string, TimeSummary> stages;
  std::vector<Usage> usage;
  std::map<std::string, ReplicaUsage> replicas;

  // The one of `usage` with the greatest share.
  const Usage& Bottleneck() const;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SIMULATION_RESULT_H_
