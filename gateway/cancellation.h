// Ends what is done for one request, from any thread, with a reason.
#ifndef UNCLIP_GATEWAY_CANCELLATION_H_
#define UNCLIP_GATEWAY_CANCELLATION_H_

#include <functional>
#include <list>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace unclip::gateway {

// Says whether a request should still be worked on; if not, why: its caller left (CANCELLED), its deadline passed, one of its
// pictures failed, the process goes down. The first reason stays. Thread-safe.
class Cancellation {
 public:
  // While it lives, `on_cancel` is called when the request is cancelled: once, on the cancelling thread, or at once when that has
  // happened already. It is not running any more when the destructor returns. It must not block, nor touch the Cancellation.
  class Hook {
   public:
    Hook(Cancellation* cancellation, std::function<void()> on_cancel);
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    Cancellation* const cancellation_;
    std::list<std::function<void()>>::iterator position_;
  };

  // `why` must not be OK. Without effect when cancelled already.
  void Cancel(absl::Status why) ABSL_LOCKS_EXCLUDED(mutex_);

  // OK while not cancelled, else the reason.
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::list<std::function<void()>> hooks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CANCELLATION_H_
