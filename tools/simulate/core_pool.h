// The cores that the processes of a machine share.
#ifndef UNCLIP_TOOLS_SIMULATE_CORE_POOL_H_
#define UNCLIP_TOOLS_SIMULATE_CORE_POOL_H_

#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "tools/simulate/event_queue.h"

namespace unclip::simulate {

// Every thread gets the same share of the cores, and no more than one of them. Cores that work beside others are slower than one
// alone, as caches and memory are shared. What that leaves out is that threads which wait for each other lose more than their
// share on a crowded machine. Not thread-safe.
class CorePool {
 public:
  // 0 cores: as many as there are threads, as where every process has its own. `crowding`, 1 and more, is how much longer work
  // takes while all cores do some, over that on a core alone; in between it grows with each core that works. `events` outlives
  // this.
  CorePool(EventQueue* events, int cores, double crowding = 1) : events_(events), cores_(cores), crowding_(crowding) {}

  // Calls `done` once `work`, the time that it takes on `threads` cores of its own, is done.
  void Run(absl::Duration work, int threads, EventQueue::Action done);

  // Time of cores that was used until now; without a limit, that of tasks under way is in it already.
  absl::Duration used() const { return used_ + (events_->now() - changed_) * Busy(); }

 private:
  struct Task {
    absl::Duration left;
    int threads = 1;
    EventQueue::Action done;
  };

  // Cores that work.
  int Busy() const { return threads_ < cores_ ? threads_ : cores_; }
  // Work that each thread does in a second of time.
  double Speed() const;
  // Takes in the time that has passed, before the tasks change.
  void Advance();
  void ScheduleNext();
  void EndNext();

  EventQueue* const events_;
  const int cores_;
  const double crowding_;
  std::map<uint64_t, Task> tasks_;  // in the order in which they began
  int threads_ = 0;                 // of all tasks
  uint64_t next_task_ = 0;
  uint64_t version_ = 0;  // of the tasks: an end that was scheduled for earlier ones is void
  absl::Duration changed_;
  absl::Duration used_;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_CORE_POOL_H_
