// Threads that run blocking work, as many as there is work for and no more than a limit.
#ifndef UNCLIP_GATEWAY_WORKER_POOL_H_
#define UNCLIP_GATEWAY_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace unclip::gateway {

// Runs tasks in the order they came, each on one of at most `max_threads` threads, which are started when first needed.
// Thread-safe.
class WorkerPool {
 public:
  explicit WorkerPool(int max_threads);

  // Runs what was submitted, then ends the threads. No task may be submitted meanwhile.
  ~WorkerPool();

  // Queues `task` when all threads are busy. The queue has no bound of its own: its users bound what they submit.
  void Submit(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

  // Tasks that wait for a thread.
  int waiting() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWorkOrEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !tasks_.empty() || ending_; }

  const size_t max_threads_;

  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;  // threads that wait for a task
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_WORKER_POOL_H_
