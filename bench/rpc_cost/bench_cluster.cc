#include "bench/rpc_cost/bench_cluster.h"

#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <ctime>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"

namespace unclip::bench {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(30);
constexpr int kPollMillis = 100;

absl::Duration CpuTimeOf(pid_t pid) {
  clockid_t clock;
  timespec used = {};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return absl::ZeroDuration();
  return absl::DurationFromTimespec(used);
}

// The address in `listening grpc=HOST:PORT metrics=HOST:PORT`.
std::string AddressIn(absl::string_view line) {
  absl::string_view address = *std::next(absl::StrSplit(line, ' ').begin());
  absl::ConsumePrefix(&address, "grpc=");
  return std::string(address);
}

// Reads what the child says until it serves; its address.
absl::StatusOr<std::string> AwaitServing(const std::string& role, ChildProcess& child) {
  std::string address;
  std::string error;
  bool serving = false;
  const absl::Time give_up = absl::Now() + kStartTimeout;
  while (absl::Now() < give_up) {
    pollfd ends[] = {{.fd = child.standard_output().fd(), .events = POLLIN, .revents = 0},
                     {.fd = child.standard_error().fd(), .events = POLLIN, .revents = 0}};
    poll(ends, std::size(ends), kPollMillis);
    child.standard_error().Read([&error](const std::string& line) { error = line; });
    child.standard_output().Read([&](const std::string& line) {
      if (absl::StartsWith(line, "listening ")) address = AddressIn(line);
      serving |= line == "serving";
    });
    if (serving) return address;
    if (const auto end = child.Reap(); end.has_value()) {
      return absl::UnavailableError(absl::StrCat(role, " ended with ", *end, ": ", error));
    }
  }
  return absl::DeadlineExceededError(absl::StrCat(role, " does not serve after ", absl::FormatDuration(kStartTimeout)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<BenchCluster>> BenchCluster::Start(const std::string& program, int picture_size, double step_ms) {
  std::unique_ptr<BenchCluster> cluster(new BenchCluster);
  RoleOptions gateway = {.role = "gateway"};
  ASSIGN_OR_RETURN(gateway.clip_target, cluster->StartRole(program, {.role = "clip"}));
  ASSIGN_OR_RETURN(gateway.prior_target, cluster->StartRole(program, {.role = "prior", .step_ms = step_ms}));
  ASSIGN_OR_RETURN(gateway.decoder_target,
                   cluster->StartRole(program, {.role = "decoder", .picture_size = picture_size, .step_ms = step_ms}));
  ASSIGN_OR_RETURN(cluster->gateway_address_, cluster->StartRole(program, gateway));
  return cluster;
}

absl::StatusOr<std::string> BenchCluster::StartRole(const std::string& program, const RoleOptions& options) {
  std::vector<std::string> command = {program, "serve"};
  for (std::string& argument : ToArguments(options)) command.push_back(std::move(argument));
  ASSIGN_OR_RETURN(std::unique_ptr<ChildProcess> child, ChildProcess::Start(command));
  processes_.push_back({.role = options.role, .child = std::move(child)});
  return AwaitServing(options.role, *processes_.back().child);
}

std::vector<CpuTime> BenchCluster::CpuTimes() const {
  std::vector<CpuTime> times = {{.process = "client", .used = CpuTimeOf(getpid())}};
  for (const Process& process : processes_) {
    times.push_back({.process = process.role, .used = CpuTimeOf(process.child->pid())});
  }
  return times;
}

}  // namespace unclip::bench
