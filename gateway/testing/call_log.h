// What a fake service was asked.
#ifndef UNCLIP_GATEWAY_TESTING_CALL_LOG_H_
#define UNCLIP_GATEWAY_TESTING_CALL_LOG_H_

#include <grpcpp/server_context.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/rpc/deadline.h"
#include "common/rpc/request_id.h"

namespace unclip::gateway {

// One call that arrived.
template <typename Request>
struct LoggedCall {
  Request request;
  std::string request_id;    // "" when none was sent
  absl::Duration remaining;  // until its deadline, on arrival
};

// Thread-safe.
template <typename Request>
class CallLog {
 public:
  void Add(const Request& request, const grpc::ServerContext& context) {
    const auto id = context.client_metadata().find(kRequestIdKey);
    absl::MutexLock lock(&mutex_);
    calls_.push_back({request, id == context.client_metadata().end() ? "" : std::string(id->second.begin(), id->second.end()),
                      DeadlineOf(context, Clock::Real()) - Clock::Real().Now()});
  }

  std::vector<LoggedCall<Request>> calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return calls_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<LoggedCall<Request>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_CALL_LOG_H_
