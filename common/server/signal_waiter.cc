#include "common/server/signal_waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace unclip {
namespace {

// What the handler touches: lock-free atomics and an eventfd that stays open for the life of the process.
std::atomic<int> event_fd = -1;
std::atomic<int> signal_count = 0;
std::atomic<int> first_signal = 0;
std::atomic<bool> installed = false;

struct sigaction old_term;
struct sigaction old_int;

void Notify() {
  const uint64_t one = 1;
  // Nothing to be done about a failure: the counter is full only when nobody reads, and then the wake-up is there already.
  [[maybe_unused]] const ssize_t written = write(event_fd, &one, sizeof(one));
}

void HandleSignal(int signal) {
  const int saved_errno = errno;
  if (signal_count.fetch_add(1) > 0) _exit(128 + signal);
  first_signal = signal;
  Notify();
  errno = saved_errno;
}

absl::Status Refuse(const char* why) {
  installed = false;
  return absl::InternalError(why);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SignalWaiter>> SignalWaiter::Install() {
  if (installed.exchange(true)) return absl::FailedPreconditionError("signals are being waited for already");
  if (event_fd < 0) event_fd = eventfd(0, EFD_CLOEXEC);
  if (event_fd < 0) return Refuse("eventfd failed");
  // A wake-up that nobody waited for any more must not wake this one.
  pollfd left_over = {.fd = event_fd, .events = POLLIN, .revents = 0};
  uint64_t count = 0;
  if (poll(&left_over, 1, 0) == 1 && read(event_fd, &count, sizeof(count)) < 0) return Refuse("reading an eventfd failed");
  signal_count = 0;
  first_signal = 0;
  struct sigaction action = {};
  action.sa_handler = HandleSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, &old_term);
  sigaction(SIGINT, &action, &old_int);
  return std::unique_ptr<SignalWaiter>(new SignalWaiter);
}

SignalWaiter::~SignalWaiter() {
  sigaction(SIGTERM, &old_term, nullptr);
  sigaction(SIGINT, &old_int, nullptr);
  installed = false;
}

int SignalWaiter::Wait() {
  uint64_t count = 0;
  while (read(event_fd, &count, sizeof(count)) < 0 && errno == EINTR) {
  }
  return first_signal;
}

void SignalWaiter::Wake() { Notify(); }

}  // namespace unclip
