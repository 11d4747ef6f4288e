// How many requests the gateway works on at a time, and how it stops.
#ifndef UNCLIP_GATEWAY_ADMISSION_H_
#define UNCLIP_GATEWAY_ADMISSION_H_

#include <memory>
#include <set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/batching/retry_estimator.h"
#include "gateway/active_request.h"

namespace unclip::gateway {

// Thread-safe.
class Admission {
 public:
  explicit Admission(int max_requests) : max_requests_(max_requests) {}

  // Takes the request in. RESOURCE_EXHAUSTED with a retry time when `max_requests` are in already, UNAVAILABLE when draining.
  absl::Status Enter(const std::shared_ptr<ActiveRequest>& request) ABSL_LOCKS_EXCLUDED(mutex_);

  // The request, which is in, has ended. Comes before its answer is sent, so that who has the answer finds the place free.
  void Leave(const std::shared_ptr<ActiveRequest>& request) ABSL_LOCKS_EXCLUDED(mutex_);

  // Those that are in. Only pointers are copied under the lock.
  std::vector<std::shared_ptr<const ActiveRequest>> requests() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Lets nothing in any more, waits up to `grace` for the requests that are in, then cancels the rest with UNAVAILABLE and waits
  // for them to leave.
  void Drain(absl::Duration grace) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return requests_.empty(); }

  const size_t max_requests_;

  mutable absl::Mutex mutex_;
  std::set<std::shared_ptr<ActiveRequest>> requests_ ABSL_GUARDED_BY(mutex_);
  RetryEstimator estimator_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_ADMISSION_H_
