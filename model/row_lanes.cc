#include "model/row_lanes.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <utility>

namespace unclip::model {

RowLanes::RowLanes(int count) {
  for (int lane = 1; lane < count; ++lane) threads_.emplace_back([this, lane] { Work(lane); });
}

RowLanes::~RowLanes() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void RowLanes::Run(int64_t rows, Part part) {
  {
    absl::MutexLock lock(&mutex_);
    part_ = &part;
    rows_ = rows;
    busy_ = count();
    failure_ = nullptr;
    ++round_;
  }
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  RunLane(0, rows, part);
  at::set_num_threads(threads);
  absl::MutexLock lock(&mutex_, absl::Condition(this, &RowLanes::Idle));
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void RowLanes::Work(int lane) {
  at::set_num_threads(1);
  for (int64_t seen = 0;;) {
    const Part* part = nullptr;
    int64_t rows = 0;
    {
      const auto has_work = [this, &seen]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || round_ > seen; };
      absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
      if (stopped_) return;
      seen = round_;
      part = part_;
      rows = rows_;
    }
    RunLane(lane, rows, *part);
  }
}

void RowLanes::RunLane(int lane, int64_t rows, Part part) {
  std::exception_ptr failure;
  try {
    const c10::InferenceMode inference;
    const int64_t begin = rows * lane / count(), end = rows * (lane + 1) / count();
    if (begin < end) part(begin, end);
  } catch (...) {  // for Run() to throw on its caller's thread
    failure = std::current_exception();
  }
  absl::MutexLock lock(&mutex_);
  --busy_;
  if (failure && !failure_) failure_ = failure;
}

}  // namespace unclip::model
