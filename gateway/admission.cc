#include "gateway/admission.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/retry_info.h"

namespace unclip::gateway {

absl::Status Admission::Enter(const std::shared_ptr<ActiveRequest>& request) {
  absl::MutexLock lock(&mutex_);
  if (draining_) return absl::UnavailableError("the gateway is shutting down; try another replica");
  if (requests_.size() >= max_requests_) {
    absl::Status status = absl::ResourceExhaustedError(
        absl::StrCat("the gateway works on ", requests_.size(), " requests already, the most it takes; try again later"));
    // One place ahead is enough: requests run side by side.
    SetRetryAfter(estimator_.Estimate(1), &status);
    return status;
  }
  requests_.insert(request);
  return absl::OkStatus();
}

void Admission::Leave(const std::shared_ptr<ActiveRequest>& request) {
  absl::MutexLock lock(&mutex_);
  requests_.erase(request);
  estimator_.Record(request->elapsed());
}

std::vector<std::shared_ptr<const ActiveRequest>> Admission::requests() const {
  absl::MutexLock lock(&mutex_);
  return {requests_.begin(), requests_.end()};
}

void Admission::Drain(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  if (mutex_.AwaitWithTimeout(absl::Condition(this, &Admission::IsEmpty), grace)) return;
  for (const std::shared_ptr<ActiveRequest>& request : requests_) {
    request->cancellation().Cancel(absl::UnavailableError("the gateway shut down before the request was finished; try again"));
  }
  mutex_.Await(absl::Condition(this, &Admission::IsEmpty));
}

}  // namespace unclip::gateway
