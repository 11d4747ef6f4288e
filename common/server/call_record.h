// One RPC's way through a server: its request id, its line in the log, its place in the metrics, its span in the trace.
#ifndef UNCLIP_COMMON_SERVER_CALL_RECORD_H_
#define UNCLIP_COMMON_SERVER_CALL_RECORD_H_

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/metrics/rpc_metrics.h"
#include "common/trace/span.h"

namespace unclip {

// Counts the call as in flight from its construction to End(). One thread at a time.
class CallRecord {
 public:
  // `rpc` is a literal: "unclip.prior.v1.PriorService/SamplePrior". `metrics` and `clock` must outlive the record.
  CallRecord(absl::string_view rpc, const grpc::ServerContextBase& context, RpcMetrics* metrics, const Clock* clock);

  // OK, or INVALID_ARGUMENT when the caller sent a request id that is not valid (request_id() is then a new one).
  const absl::Status& status() const { return status_; }

  const std::string& request_id() const { return request_id_; }

  // Where spans below the call's start.
  const Trace& trace() const { return span_.trace(); }

  // Time since the call arrived.
  absl::Duration elapsed() const { return clock_->Now() - start_; }

  // The call ends with `status`: counts it and writes its line. Call exactly once.
  void End(const absl::Status& status);

 private:
  const absl::string_view method_;
  RpcMetrics* const metrics_;
  const Clock* const clock_;
  const absl::Duration start_;
  absl::Status status_;
  std::string request_id_;
  Span span_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_CALL_RECORD_H_
