// Computes the rows of a batch on several threads side by side, each row on one.
#ifndef UNCLIP_MODEL_ROW_LANES_H_
#define UNCLIP_MODEL_ROW_LANES_H_

#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

namespace unclip::model {

// Where each operator is short, what LibTorch does around it takes as long as the operator and is done by one thread, while the
// others wait at the barriers on either side of it. Rows that go through a whole network on a thread of their own meet one
// barrier a step. (The two halves of guidance are such rows.) Not thread-safe.
class RowLanes {
 public:
  // `count` lanes, of which the caller's thread is one; ≥ 1.
  explicit RowLanes(int count);
  ~RowLanes();
  RowLanes(const RowLanes&) = delete;
  RowLanes& operator=(const RowLanes&) = delete;

  int count() const { return static_cast<int>(threads_.size()) + 1; }

  // Cuts 0..rows into parts of neighbours, as equal as can be and no more than lanes, and calls `part` with the ends of each, all
  // at the same time; waits for all. Within it LibTorch computes on one thread, in inference mode. Throws what `part` throws.
  void Run(int64_t rows, absl::FunctionRef<void(int64_t begin, int64_t end)> part);

 private:
  using Part = absl::FunctionRef<void(int64_t, int64_t)>;

  void Work(int lane);
  void RunLane(int lane, int64_t rows, Part part);
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return busy_ == 0; }

  absl::Mutex mutex_;
  const Part* part_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int64_t rows_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t round_ ABSL_GUARDED_BY(mutex_) = 0;  // counts the calls of Run()
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;       // lanes that have not finished this round
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::exception_ptr failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_ROW_LANES_H_
