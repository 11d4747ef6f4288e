// One GenerateImage or StreamGenerateImage call, from its arrival to its end.
#ifndef UNCLIP_GATEWAY_ACTIVE_CALL_H_
#define UNCLIP_GATEWAY_ACTIVE_CALL_H_

#include <grpcpp/server_context.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/metrics/rpc_metrics.h"
#include "common/server/call_record.h"
#include "gateway/cancellation.h"
#include "gateway/request_context.h"

namespace unclip::gateway {

// Sends the request id back in the initial metadata. Shared by the thread that works, gRPC's callbacks and the drain; what is not
// thread-safe belongs to the thread that works.
class ActiveCall {
 public:
  // `default_deadline` holds when the caller set none. The rest as CallRecord's.
  ActiveCall(absl::string_view method, grpc::ServerContextBase* context, absl::Duration default_deadline, RpcMetrics* metrics,
             const Clock* clock);

  // OK, or why the call is not worth starting: a request id that is not valid, a deadline that has passed.
  absl::Status CheckStart() const;

  // gRPC says that the caller is gone, or that its deadline passed.
  void CallerLeft();

  CallRecord& record() { return record_; }
  const RequestContext& context() const { return context_; }
  Cancellation& cancellation() { return cancellation_; }

 private:
  CallRecord record_;
  Cancellation cancellation_;
  RequestContext context_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_ACTIVE_CALL_H_
