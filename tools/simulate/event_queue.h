// The time of a simulation, and what happens when.
#ifndef UNCLIP_TOOLS_SIMULATE_EVENT_QUEUE_H_
#define UNCLIP_TOOLS_SIMULATE_EVENT_QUEUE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace unclip::simulate {

// Not thread-safe.
class EventQueue {
 public:
  using Action = std::function<void()>;

  // Time since the start; that of the event under way.
  absl::Duration now() const { return now_; }

  // `action` happens at `time`, not before now(). Events of one time happen in the order in which they were added.
  void At(absl::Duration time, Action action) {
    events_.push_back({.time = std::max(time, now_), .number = next_number_++, .action = std::move(action)});
    std::push_heap(events_.begin(), events_.end(), IsLater());
  }
  void After(absl::Duration wait, Action action) { At(now_ + wait, std::move(action)); }

  // Lets the next event happen; false when there is none.
  bool RunNext() {
    if (events_.empty()) return false;
    std::pop_heap(events_.begin(), events_.end(), IsLater());
    const Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.time;
    event.action();
    return true;
  }

 private:
  struct Event {
    absl::Duration time;
    uint64_t number = 0;
    Action action;
  };
  struct IsLater {
    bool operator()(const Event& a, const Event& b) const { return std::pair(a.time, a.number) > std::pair(b.time, b.number); }
  };

  absl::Duration now_;
  uint64_t next_number_ = 0;
  std::vector<Event> events_;  // a heap, whose first is the next
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_EVENT_QUEUE_H_
