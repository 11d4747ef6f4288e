// Ctrl-C for commands that wait for something.
#ifndef UNCLIP_TOOLS_INTERRUPT_WATCHER_H_
#define UNCLIP_TOOLS_INTERRUPT_WATCHER_H_

#include <functional>
#include <thread>

namespace unclip {

// Blocks SIGINT, SIGTERM and SIGCHLD in the calling thread and in those it starts later, so that they are read as events instead
// of running a handler at any moment. To be called first in main(), before any thread exists.
void BlockEventSignals();

// While it lives, waits for SIGINT and SIGTERM, which must be blocked in every thread (BlockEventSignals()). The first calls
// `on_interrupt`, on a thread of its own; the second ends the process at once as if the signal had not been blocked.
class InterruptWatcher {
 public:
  explicit InterruptWatcher(std::function<void()> on_interrupt);
  ~InterruptWatcher();

  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;

 private:
  void Watch();

  const std::function<void()> on_interrupt_;
  const int stop_event_;
  std::thread thread_;  // last: uses the members above
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_INTERRUPT_WATCHER_H_
