#include "gateway/parallel_tasks.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace unclip::gateway {
namespace {

// How many tasks wait and run. Outlives the call of RunParallel() in the tasks that were dropped.
class TaskCount {
 public:
  explicit TaskCount(int count) : waiting_(count) {}

  // Whether the task may run.
  bool Begin() {
    absl::MutexLock lock(&mutex_);
    --waiting_;
    if (stopped_) return false;
    ++running_;
    return true;
  }

  void End() {
    absl::MutexLock lock(&mutex_);
    --running_;
  }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }

  // Whether nothing runs any more, nor will, before `timeout` is over.
  bool Wait(absl::Duration timeout) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(this, &TaskCount::Over), timeout);
  }

 private:
  bool Over() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0 && (stopped_ || waiting_ == 0); }

  absl::Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::Status RunParallel(WorkerPool* pool, const RequestContext& request, int count,
                         const std::function<absl::Status(int)>& task) {
  const auto tasks = std::make_shared<TaskCount>(count);
  for (int i = 0; i < count; ++i) {
    // `request` and `task` are touched only between Begin() and End(), while this call waits.
    pool->Submit([tasks, &request, &task, i] {
      if (!tasks->Begin()) return;
      absl::Status status = task(i);
      if (!status.ok()) request.cancellation->Cancel(std::move(status));
      tasks->End();
    });
  }
  {
    const Cancellation::Hook hook(request.cancellation, [&tasks] { tasks->Stop(); });
    if (!tasks->Wait(request.remaining())) {
      request.cancellation->Cancel(absl::DeadlineExceededError("the deadline passed before every picture was finished"));
      tasks->Wait(absl::InfiniteDuration());
    }
  }
  return request.cancellation->status();
}

}  // namespace unclip::gateway
