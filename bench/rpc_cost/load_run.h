// Sends requests for pictures to a gateway and measures what comes of them. Run one load at a time, from one thread.
#ifndef UNCLIP_BENCH_RPC_COST_LOAD_RUN_H_
#define UNCLIP_BENCH_RPC_COST_LOAD_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/rpc_cost/bench_cluster.h"
#include "bench/rpc_cost/picture_parts.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"

namespace unclip::bench {

// What came of a load.
struct LoadResult {
  int sent = 0;
  int failed = 0;
  std::string first_failure = {};              // of the first that failed: its status in words
  std::vector<absl::Duration> latencies = {};  // of those that finished; in an open load from when it was due
  std::vector<PictureParts> parts = {};        // likewise
  absl::Duration greatest_send_lag = {};       // by how much the client itself was late; zero in a closed load
  absl::Duration wall = {};                    // from the first request to the last answer
  std::vector<CpuTime> cpu = {};               // used meanwhile
};

// `count` requests, one at a time.
LoadResult RunClosedLoad(int count, const BenchCluster& cluster, gateway::v1::ImageGenerationService::Stub& stub);

struct OpenLoad {
  double rate = 500;                            // requests a second, on average: a Poisson process; > 0
  absl::Duration duration = absl::Seconds(20);  // in which they are sent
  absl::Duration deadline = absl::Seconds(10);  // of each
  uint64_t seed = 1;                            // of the times
};

// Sends requests at their times, whether others are under way or not, and waits for all answers.
LoadResult RunOpenLoad(const OpenLoad& load, const BenchCluster& cluster, gateway::v1::ImageGenerationService::Stub& stub);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_LOAD_RUN_H_
