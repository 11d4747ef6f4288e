#include "tools/interrupt_watcher.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace unclip {
namespace {

// Ends the process as the default action of `signal` does, so that the parent sees which signal it was.
void DieOf(int signal) {
  ::signal(signal, SIG_DFL);
  raise(signal);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

}  // namespace

void BlockEventSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

InterruptWatcher::InterruptWatcher(std::function<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)), stop_event_(eventfd(0, EFD_CLOEXEC)), thread_([this] { Watch(); }) {}

InterruptWatcher::~InterruptWatcher() {
  const uint64_t one = 1;
  while (write(stop_event_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  thread_.join();
  close(stop_event_);
}

void InterruptWatcher::Watch() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
  bool interrupted = false;
  while (true) {
    pollfd events[] = {{stop_event_, POLLIN, 0}, {signal_fd, POLLIN, 0}};
    if (poll(events, 2, -1) < 0) continue;
    if (events[0].revents != 0) break;
    signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof(info)) != sizeof(info)) continue;
    if (interrupted) DieOf(static_cast<int>(info.ssi_signo));
    interrupted = true;
    on_interrupt_();
  }
  close(signal_fd);
}

}  // namespace unclip
