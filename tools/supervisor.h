// Runs the processes of a cluster on this machine: starts them in order, watches over them, stops them in order.
#ifndef UNCLIP_TOOLS_SUPERVISOR_H_
#define UNCLIP_TOOLS_SUPERVISOR_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "tools/supervised_process.h"

namespace unclip {

struct ClusterAddresses {
  std::vector<ProcessAddress> services;  // in the order of ClusterSpec::services
  ProcessAddress gateway;
};

struct ClusterSpec {
  std::vector<ProcessSpec> services;
  // The process in front of the services, which needs their addresses (in the same order).
  std::function<ProcessSpec(const std::vector<ProcessAddress>&)> gateway;
};

struct SupervisorOptions {
  absl::Duration start_timeout = absl::Minutes(15);  // for everything to be SERVING; large models load for minutes
  absl::Duration grace = absl::Seconds(30);          // for everything to stop, then it is killed
  // Asks a process's health service; called often, must return within a fraction of a second.
  std::function<bool(const std::string& grpc_address)> is_serving;
  // Takes one line for people.
  std::function<void(absl::string_view line)> print;
  // Takes what the processes write to stderr.
  SupervisedProcess::LogSink log;
  // Called once, when every process is SERVING. Must not block.
  std::function<void(const ClusterAddresses&)> on_ready = [](const ClusterAddresses&) {};
  // Called once, when the orderly stop begins. Must not block.
  std::function<void()> on_stopping = [] {};
};

// Starting: the services together; when each has said where it listens, the gateway; ready when all are SERVING. One that ends
// before that ends everything. After that one that ends is started again on the same port, later and later while it keeps ending.
// Stopping (SIGTERM, SIGINT or RequestStop()): SIGTERM to the gateway; when it has ended, to the services; what is left after the
// grace is killed. A signal during the stop kills everything at once.
class Supervisor {
 public:
  Supervisor(ClusterSpec spec, SupervisorOptions options, const Clock& clock = Clock::Real());
  // Kills what still runs.
  ~Supervisor();

  // Runs the cluster until it is stopped. Needs BlockEventSignals(). The processes are children of the calling thread, and end
  // when it does. Returns OK after a stop that came when everything was ready; CANCELLED after a stop before that and after a
  // signal during the stop; UNAVAILABLE, naming the process and how it ended, when one ends during the start; DEADLINE_EXCEEDED,
  // naming who is not SERVING, when the start takes too long. Call once.
  absl::Status Run();

  // Begins the orderly stop; without effect when it has begun. Thread-safe.
  void RequestStop();

 private:
  enum class Phase { kStarting, kRunning, kStoppingGateway, kStoppingServices, kDone };

  absl::Status StartServices();
  void WaitForEvents() const;
  // Takes in stop requests and signals; false when everything was killed.
  bool HandleStopRequests();

  void Advance();
  void AdvanceStart();
  void StartGateway();
  void ProbeLoading();
  void RestartEnded();
  void AdvanceStop();

  // What a stop asked for from outside comes to: OK only when everything was ready.
  absl::Status StopResult() const;
  void BeginStop(absl::Status result);
  bool stopping() const { return phase_ != Phase::kStarting && phase_ != Phase::kRunning; }
  void Print(absl::string_view line) const { options_.print(line); }
  bool AnyRunning() const;

  const ClusterSpec spec_;
  const SupervisorOptions options_;
  const Clock& clock_;
  const int stop_event_;
  const int signal_fd_;

  std::vector<std::unique_ptr<SupervisedProcess>> processes_;  // the services, then the gateway once it is started
  SupervisedProcess* gateway_ = nullptr;                       // among the above
  Phase phase_ = Phase::kStarting;
  absl::Duration started_at_;
  absl::Duration stop_deadline_;
  absl::Status result_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_SUPERVISOR_H_
