#include "common/server/call_record.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/rpc/request_id.h"
#include "common/rpc/rpc_span.h"

namespace unclip {
namespace {

LogLevel LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return LogLevel::kInfo;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return LogLevel::kError;
    default:
      return LogLevel::kWarning;
  }
}

}  // namespace

CallRecord::CallRecord(absl::string_view rpc, const grpc::ServerContextBase& context, RpcMetrics* metrics, const Clock* clock)
    : method_(MethodOf(rpc)),
      metrics_(metrics),
      clock_(clock),
      start_(clock->Now()),
      span_(StartServerSpan(rpc, context, clock)) {
  absl::StatusOr<std::string> id = RequestIdOf(context);
  status_ = id.status();
  request_id_ = id.ok() ? *std::move(id) : NewRequestId();
  if (span_.is_recorded()) span_.SetAttribute("unclip.request_id", request_id_);
  metrics_->Started();
}

void CallRecord::End(const absl::Status& status) {
  const absl::Duration duration = elapsed();
  metrics_->Finished(method_, status.code(), duration);
  const std::string code = absl::StatusCodeToString(status.code());
  if (status.ok()) {
    LogInfo("request done", {{"request_id", request_id_},
                             {"trace_id", trace().trace_id()},
                             {"span_id", trace().span_id()},
                             {"method", method_},
                             {"code", code},
                             {"seconds", duration}});
  } else {
    Log(LevelOf(status.code()), "request failed",
        {{"request_id", request_id_},
         {"trace_id", trace().trace_id()},
         {"span_id", trace().span_id()},
         {"method", method_},
         {"code", code},
         {"seconds", duration},
         {"error", status.message()}});
  }
  EndServerSpan(status, &span_);
}

}  // namespace unclip
