#include "gateway/active_call.h"

#include "base/status_macros.h"
#include "common/rpc/deadline.h"
#include "common/rpc/request_id.h"

namespace unclip::gateway {
namespace {

absl::Duration ChooseDeadline(const grpc::ServerContextBase& context, absl::Duration default_deadline, const Clock& clock) {
  const absl::Duration deadline = DeadlineOf(context, clock);
  return deadline == absl::InfiniteDuration() ? clock.Now() + default_deadline : deadline;
}

}  // namespace

ActiveCall::ActiveCall(absl::string_view method, grpc::ServerContextBase* context, absl::Duration default_deadline,
                       RpcMetrics* metrics, const Clock* clock)
    : record_(method, *context, metrics, clock),
      context_{.request_id = record_.request_id(),
               .clock = clock,
               .arrival = clock->Now(),
               .deadline = ChooseDeadline(*context, default_deadline, *clock),
               .cancellation = &cancellation_} {
  context->AddInitialMetadata(kRequestIdKey, record_.request_id());
}

absl::Status ActiveCall::CheckStart() const {
  RETURN_IF_ERROR(record_.status());
  if (context_.remaining() > absl::ZeroDuration()) return absl::OkStatus();
  return absl::DeadlineExceededError("the deadline had passed when the request arrived");
}

void ActiveCall::CallerLeft() {
  // gRPC tells both in the same way.
  cancellation_.Cancel(context_.remaining() > absl::ZeroDuration() ? absl::CancelledError("the caller left")
                                                                   : absl::DeadlineExceededError("the deadline passed"));
}

}  // namespace unclip::gateway
