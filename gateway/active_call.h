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
#include "gateway/active_request.h"

namespace unclip::gateway {

// Sends the request id back in the initial metadata. Its record belongs to the thread that works.
class ActiveCall {
 public:
  // `default_deadline` holds when the caller set none. The rest as CallRecord's.
  ActiveCall(absl::string_view rpc, grpc::ServerContextBase* context, absl::Duration default_deadline, RpcMetrics* metrics,
             const Clock* clock);

  // OK, or why the call is not worth starting: a request id that is not valid, a deadline that has passed.
  absl::Status CheckStart() const;

  CallRecord& record() { return record_; }
  ActiveRequest& request() { return request_; }

 private:
  CallRecord record_;
  ActiveRequest request_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_ACTIVE_CALL_H_
