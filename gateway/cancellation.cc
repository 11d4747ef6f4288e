#include "gateway/cancellation.h"

#include <utility>

namespace unclip::gateway {

Cancellation::Hook::Hook(Cancellation* cancellation, std::function<void()> on_cancel) : cancellation_(cancellation) {
  absl::MutexLock lock(&cancellation_->mutex_);
  position_ = cancellation_->hooks_.insert(cancellation_->hooks_.end(), std::move(on_cancel));
  if (!cancellation_->status_.ok()) (*position_)();
}

Cancellation::Hook::~Hook() {
  absl::MutexLock lock(&cancellation_->mutex_);
  cancellation_->hooks_.erase(position_);
}

void Cancellation::Cancel(absl::Status why) {
  absl::MutexLock lock(&mutex_);
  if (!status_.ok()) return;
  status_ = std::move(why);
  // With the lock held, so that a hook's destructor waits for its call to end.
  for (const std::function<void()>& hook : hooks_) hook();
}

absl::Status Cancellation::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace unclip::gateway
