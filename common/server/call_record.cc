#include "common/server/call_record.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/rpc/request_id.h"

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

CallRecord::CallRecord(absl::string_view method, const grpc::ServerContextBase& context, RpcMetrics* metrics, const Clock* clock)
    : method_(method), metrics_(metrics), clock_(clock), start_(clock->Now()) {
  absl::StatusOr<std::string> id = RequestIdOf(context);
  status_ = id.status();
  request_id_ = id.ok() ? *std::move(id) : NewRequestId();
  metrics_->Started();
}

void CallRecord::End(const absl::Status& status) {
  const absl::Duration duration = elapsed();
  metrics_->Finished(method_, status.code(), duration);
  const std::string code = absl::StatusCodeToString(status.code());
  if (status.ok()) {
    LogInfo("request done", {{"request_id", request_id_}, {"method", method_}, {"code", code}, {"seconds", duration}});
  } else {
    Log(LevelOf(status.code()), "request failed",
        {{"request_id", request_id_}, {"method", method_}, {"code", code}, {"seconds", duration}, {"error", status.message()}});
  }
}

}  // namespace unclip
