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

ActiveCall::ActiveCall(absl::string_view rpc, grpc::ServerContextBase* context, absl::Duration default_deadline,
                       RpcMetrics* metrics, const Clock* clock)
    : record_(rpc, *context, metrics, clock),
      request_(record_.request_id(), ChooseDeadline(*context, default_deadline, *clock), clock, record_.trace()) {
  context->AddInitialMetadata(kRequestIdKey, record_.request_id());
}

absl::Status ActiveCall::CheckStart() const {
  RETURN_IF_ERROR(record_.status());
  return request_.CheckDeadline();
}

}  // namespace unclip::gateway
