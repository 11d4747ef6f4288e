#include "gateway/worker_pool.h"

#include <utility>

namespace unclip::gateway {

WorkerPool::WorkerPool(int max_threads) : max_threads_(static_cast<size_t>(max_threads)) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::Submit(std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  // An idle thread may have been woken for an earlier task and not have taken it yet, hence the comparison with all that wait.
  if (tasks_.size() > idle_ && threads_.size() < max_threads_) threads_.emplace_back([this] { Work(); });
}

int WorkerPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(tasks_.size());
}

void WorkerPool::Work() {
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      ++idle_;
      mutex_.Await(absl::Condition(this, &WorkerPool::HasWorkOrEnd));
      --idle_;
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace unclip::gateway
