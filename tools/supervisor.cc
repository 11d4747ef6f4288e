#include "tools/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

using State = SupervisedProcess::State;

// How often loading, stopping and restarts are looked after; everything else wakes the loop by itself.
constexpr int kTickMs = 50;
// The gateway spends the grace on its requests and then needs a moment to say so to the callers.
constexpr absl::Duration kStopMargin = absl::Seconds(5);

int OpenSignalFd() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, signal);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

Supervisor::Supervisor(ClusterSpec spec, SupervisorOptions options, const Clock& clock)
    : spec_(std::move(spec)),
      options_(std::move(options)),
      clock_(clock),
      stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      signal_fd_(OpenSignalFd()) {}

Supervisor::~Supervisor() {
  processes_.clear();
  close(signal_fd_);
  close(stop_event_);
}

void Supervisor::RequestStop() {
  const uint64_t one = 1;
  while (write(stop_event_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

absl::Status Supervisor::Run() {
  RETURN_IF_ERROR(StartServices());
  while (phase_ != Phase::kDone) {
    WaitForEvents();
    if (!HandleStopRequests()) return absl::CancelledError("killed by a signal during the stop");
    for (const auto& process : processes_) process->Poll();
    Advance();
  }
  return result_;
}

absl::Status Supervisor::StartServices() {
  started_at_ = clock_.Now();
  Print(absl::StrCat("starting ", absl::StrJoin(spec_.services, ", ", [](std::string* out, const ProcessSpec& service) {
                       absl::StrAppend(out, service.name);
                     })));
  for (const ProcessSpec& service : spec_.services) {
    processes_.push_back(std::make_unique<SupervisedProcess>(service, clock_, options_.log));
    if (absl::Status status = processes_.back()->Start(); !status.ok()) {
      processes_.clear();
      return status;
    }
  }
  return absl::OkStatus();
}

void Supervisor::WaitForEvents() const {
  std::vector<pollfd> events = {{stop_event_, POLLIN, 0}, {signal_fd_, POLLIN, 0}};
  bool idle = phase_ == Phase::kRunning;
  for (const auto& process : processes_) {
    for (int fd : process->fds()) events.push_back({fd, POLLIN, 0});
    idle = idle && process->state() == State::kServing;
  }
  poll(events.data(), events.size(), idle ? -1 : kTickMs);
}

bool Supervisor::HandleStopRequests() {
  uint64_t count = 0;
  if (read(stop_event_, &count, sizeof(count)) == sizeof(count) && !stopping()) BeginStop(StopResult());
  signalfd_siginfo info;
  while (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGCHLD) continue;
    if (stopping()) {
      Print("killing everything");
      processes_.clear();
      gateway_ = nullptr;
      return false;
    }
    BeginStop(StopResult());
  }
  return true;
}

absl::Status Supervisor::StopResult() const {
  return phase_ == Phase::kRunning ? absl::OkStatus() : absl::CancelledError("stopped before everything was ready");
}

void Supervisor::Advance() {
  switch (phase_) {
    case Phase::kStarting:
      return AdvanceStart();
    case Phase::kRunning:
      RestartEnded();
      return ProbeLoading();
    case Phase::kStoppingGateway:
    case Phase::kStoppingServices:
      return AdvanceStop();
    case Phase::kDone:
      return;
  }
}

void Supervisor::AdvanceStart() {
  for (const auto& process : processes_) {
    if (process->TakeEnd()) {
      return BeginStop(absl::UnavailableError(absl::StrCat(process->name(), " ended while starting, with ", process->end())));
    }
  }
  const auto has_address = [](const auto& process) { return !process->address().grpc.empty(); };
  if (gateway_ == nullptr && std::all_of(processes_.begin(), processes_.end(), has_address)) StartGateway();
  ProbeLoading();
  const auto is_serving = [](const auto& process) { return process->state() == State::kServing; };
  if (gateway_ != nullptr && std::all_of(processes_.begin(), processes_.end(), is_serving)) {
    phase_ = Phase::kRunning;
    ClusterAddresses addresses;
    for (const auto& process : processes_) {
      if (process.get() != gateway_) addresses.services.push_back(process->address());
    }
    addresses.gateway = gateway_->address();
    options_.on_ready(addresses);
  } else if (clock_.Now() - started_at_ > options_.start_timeout) {
    std::vector<std::string> missing;
    for (const auto& process : processes_) {
      if (!is_serving(process)) missing.push_back(process->name());
    }
    BeginStop(absl::DeadlineExceededError(absl::StrCat("after ", absl::FormatDuration(options_.start_timeout),
                                                       " not yet SERVING: ", absl::StrJoin(missing, ", "))));
  }
}

void Supervisor::StartGateway() {
  std::vector<ProcessAddress> addresses;
  for (const auto& process : processes_) addresses.push_back(process->address());
  processes_.push_back(std::make_unique<SupervisedProcess>(spec_.gateway(addresses), clock_, options_.log));
  gateway_ = processes_.back().get();
  // When it cannot be started, the next look finds that it has ended.
  gateway_->Start().IgnoreError();
}

void Supervisor::ProbeLoading() {
  for (const auto& process : processes_) {
    if (process->state() != State::kLoading || !options_.is_serving(process->address().grpc)) continue;
    process->MarkServing();
    Print(absl::StrFormat("%-10s serving on %s, %.1f s after the start", process->name(), process->address().grpc,
                          absl::ToDoubleSeconds(clock_.Now() - started_at_)));
  }
}

void Supervisor::RestartEnded() {
  for (const auto& process : processes_) {
    if (process->RestartDue()) process->Start().IgnoreError();  // a failure is an end, which is seen next
    if (!process->TakeEnd()) continue;
    const absl::Duration wait = process->PlanRestart();
    Print(absl::StrCat(process->name(), " ended with ", process->end(), "; starting it again in ", absl::FormatDuration(wait),
                       " on ", process->address().grpc));
  }
}

void Supervisor::BeginStop(absl::Status result) {
  result_ = std::move(result);
  phase_ = Phase::kStoppingGateway;
  stop_deadline_ = clock_.Now() + options_.grace + kStopMargin;
  Print("stopping");
  options_.on_stopping();
  if (gateway_ != nullptr) gateway_->Terminate();
}

void Supervisor::AdvanceStop() {
  for (const auto& process : processes_) {
    if (process->TakeEnd() && !process->ended_well()) Print(absl::StrCat(process->name(), " ended with ", process->end()));
  }
  if (phase_ == Phase::kStoppingGateway && (gateway_ == nullptr || !gateway_->running())) {
    phase_ = Phase::kStoppingServices;
    for (const auto& process : processes_) process->Terminate();
  }
  if (clock_.Now() > stop_deadline_ && AnyRunning()) {
    for (const auto& process : processes_) {
      if (process->running()) Print(absl::StrCat(process->name(), " did not stop within the grace; killing it"));
      process->Kill();
    }
    // Once is enough: nothing outlives a SIGKILL, and the loop goes on until they are gone.
    stop_deadline_ = absl::InfiniteDuration();
  }
  if (phase_ == Phase::kStoppingServices && !AnyRunning()) {
    phase_ = Phase::kDone;
    Print("stopped");
  }
}

bool Supervisor::AnyRunning() const {
  return std::any_of(processes_.begin(), processes_.end(), [](const auto& process) { return process->running(); });
}

}  // namespace unclip
