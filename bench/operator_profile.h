// Which of LibTorch's operators run, how often and for how long.
#ifndef UNCLIP_BENCH_OPERATOR_PROFILE_H_
#define UNCLIP_BENCH_OPERATOR_PROFILE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace unclip::bench {

// Of one operator.
struct OperatorCounts {
  int64_t calls = 0;
  absl::Duration self_time = absl::ZeroDuration();  // without the operators that it calls
  int64_t output_bytes = 0;                         // of its first output
};

// Sees every operator that any thread runs between Start() and Stop(). At most one in a process. Thread-safe.
class OperatorProfile {
 public:
  OperatorProfile();
  ~OperatorProfile();
  OperatorProfile(const OperatorProfile&) = delete;
  OperatorProfile& operator=(const OperatorProfile&) = delete;

  void Start() { running_ = true; }
  void Stop() { running_ = false; }

  // By the operator's name, such as "aten::copy_", of all threads together.
  std::map<std::string, OperatorCounts> counts() const;

 private:
  struct Call;

  void Finish(const Call& call, int64_t output_bytes);

  uint64_t handle_ = 0;
  std::atomic<bool> running_ = false;
  mutable absl::Mutex mutex_;
  std::map<std::string, OperatorCounts> counts_ ABSL_GUARDED_BY(mutex_);
};

// Whether the operator only moves or converts values: its time and memory are what could be saved.
bool MovesValues(const std::string& name);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_OPERATOR_PROFILE_H_
