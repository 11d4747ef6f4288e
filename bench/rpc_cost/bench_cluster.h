// The benchmark's cluster: gateway, clip, prior and decoder, each a process of its own, as in a real one.
#ifndef UNCLIP_BENCH_RPC_COST_BENCH_CLUSTER_H_
#define UNCLIP_BENCH_RPC_COST_BENCH_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/rpc_cost/served_role.h"
#include "tools/child_process.h"

namespace unclip::bench {

// Processor time that a process has used since it began, of all its threads.
struct CpuTime {
  std::string process;  // "gateway"
  absl::Duration used;
};

// Not thread-safe.
class BenchCluster {
 public:
  // Starts `program`, which is this very one, four times, on free ports of the loopback, and waits until the gateway serves.
  // `picture_size` and `step_ms` are RoleOptions'.
  // UNAVAILABLE with what a process said when it ended instead; DEADLINE_EXCEEDED when that takes longer than 30 seconds.
  static absl::StatusOr<std::unique_ptr<BenchCluster>> Start(const std::string& program, int picture_size, double step_ms);

  // "127.0.0.1:PORT".
  const std::string& gateway_address() const { return gateway_address_; }

  // Of the client, which is this process, then of the four.
  std::vector<CpuTime> CpuTimes() const;

 private:
  struct Process {
    std::string role;
    std::unique_ptr<ChildProcess> child;
  };

  BenchCluster() = default;

  // Starts a process and returns its address once it serves.
  absl::StatusOr<std::string> StartRole(const std::string& program, const RoleOptions& options);

  std::vector<Process> processes_;
  std::string gateway_address_;
};

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_BENCH_CLUSTER_H_
