// One server process of the cluster, from its start to its end and its next start.
#ifndef UNCLIP_TOOLS_SUPERVISED_PROCESS_H_
#define UNCLIP_TOOLS_SUPERVISED_PROCESS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "tools/child_process.h"
#include "tools/restart_backoff.h"

namespace unclip {

// Where a server listens, HOST:PORT both.
struct ProcessAddress {
  std::string grpc;
  std::string metrics;
  std::string http = {};  // the gateway's
};

// A server of ours, as common/server/server_runner.h runs it.
struct ProcessSpec {
  std::string name;               // "prior-1"; stands in what is printed, and names the log file
  std::vector<std::string> argv;  // program and flags, without --listen, --metrics_listen and --http_listen
  ProcessAddress listen = {.grpc = "127.0.0.1:0", .metrics = "127.0.0.1:0"};
};

// Not thread-safe.
class SupervisedProcess {
 public:
  enum class State {
    kStarting,  // runs, has not said where it listens
    kLoading,   // listens, does not serve yet
    kServing,   // its health service said so
    kEnded,     // does not run
  };
  // Takes a line the process wrote to stderr.
  using LogSink = std::function<void(absl::string_view name, const std::string& line)>;

  // `clock` outlives this. Nothing is started yet: kEnded.
  SupervisedProcess(ProcessSpec spec, const Clock& clock, LogSink log);

  // Starts it: the first time on the addresses of the spec, later on those it had before, so that others still find it.
  absl::Status Start();

  // Takes in its output and notices its end. Does not block.
  void Poll();

  // Says that its health service answered SERVING.
  void MarkServing() { state_ = State::kServing; }

  const std::string& name() const { return spec_.name; }
  State state() const { return state_; }
  bool running() const { return state_ != State::kEnded; }
  // From `listening` on, also after its end.
  const ProcessAddress& address() const { return address_; }
  // Of the running process; 0 when none runs.
  pid_t pid() const { return child_ == nullptr ? 0 : child_->pid(); }
  // The ends of its pipes to poll(), while it runs.
  std::vector<int> fds() const;

  // How it ended, with its own last words: "exit code 1: cannot read FILE".
  const std::string& end() const { return end_; }
  // Whether it ended by itself and with exit code 0.
  bool ended_well() const { return ended_well_; }
  // Whether it has ended since the last call.
  bool TakeEnd();

  // Plans the next start by the back-off and returns the wait; and whether its time has come.
  absl::Duration PlanRestart();
  bool RestartDue() const { return restart_at_.has_value() && clock_.Now() >= *restart_at_; }

  // SIGTERM; SIGKILL for the whole group.
  void Terminate() const;
  void Kill() const;

 private:
  void HandleOutput(const std::string& line);
  void HandleLog(const std::string& line);

  const ProcessSpec spec_;
  const Clock& clock_;
  const LogSink log_;
  std::unique_ptr<ChildProcess> child_;  // null when none runs
  State state_ = State::kEnded;
  ProcessAddress address_;
  absl::Duration started_at_;
  std::string last_words_;  // its `error: ` line, else its last line
  bool has_error_line_ = false;
  std::string end_;
  bool ended_well_ = false;
  bool end_is_new_ = false;
  RestartBackoff backoff_;
  std::optional<absl::Duration> restart_at_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_SUPERVISED_PROCESS_H_
