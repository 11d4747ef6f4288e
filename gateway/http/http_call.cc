#include "gateway/http/http_call.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/request_id.h"
#include "gateway/http/http_error.h"
#include "gateway/http/http_span.h"

namespace unclip::gateway {
namespace {

constexpr int kClientLeft = 499;

// The SDK stops waiting by itself, and its users expect its own error then; the work ends when it leaves, so this is for clients
// that say how long they wait and then do not leave.
constexpr absl::Duration kSdkMargin = absl::Seconds(2);

LogLevel LevelOf(int http_status) {
  if (http_status < 400) return LogLevel::kInfo;
  return http_status == 500 ? LogLevel::kError : LogLevel::kWarning;
}

absl::StatusOr<absl::Duration> SecondsIn(absl::string_view header, absl::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds) && std::isfinite(seconds) && seconds > 0) return absl::Seconds(seconds);
  return absl::InvalidArgumentError(
      absl::StrCat("header ", header, " is \"", text.substr(0, 40), "\"; it must be seconds, above 0"));
}

}  // namespace

HttpCall::HttpCall(std::shared_ptr<HttpExchange> exchange, absl::string_view route, HttpMetrics* metrics, const Clock* clock)
    : exchange_(std::move(exchange)),
      route_(route),
      metrics_(metrics),
      clock_(clock),
      start_(clock->Now()),
      span_(StartHttpSpan(exchange_->request(), route, clock)),
      trace_(span_.trace()) {
  const std::optional<absl::string_view> id = request().Header(kRequestIdKey);
  if (id.has_value() && !IsValidRequestId(*id)) {
    id_status_ = absl::InvalidArgumentError("header x-request-id is not valid; it must be 1 to 128 visible ASCII characters");
  }
  request_id_ = id.has_value() && id_status_.ok() ? std::string(*id) : NewRequestId();
  if (span_.is_recorded()) span_.SetAttribute("unclip.request_id", request_id_);
  metrics_->Started();
}

HttpCall::~HttpCall() { Record(kClientLeft, "the client left"); }

absl::StatusOr<absl::Duration> HttpCall::Deadline(absl::Duration default_deadline) {
  absl::Duration timeout = default_deadline;
  for (const auto& [name, margin] :
       {std::pair{"x-stainless-read-timeout", kSdkMargin}, std::pair{"request-timeout", absl::ZeroDuration()}}) {
    const std::optional<absl::string_view> text = request().Header(name);
    if (!text.has_value()) continue;
    ASSIGN_OR_RETURN(const absl::Duration seconds, SecondsIn(name, *text));
    timeout = std::min(timeout, seconds + margin);
  }
  return start_ + timeout;
}

void HttpCall::AddHeaders(HttpResponse* response) const {
  response->headers.push_back({kRequestIdKey, request_id_});
  response->headers.push_back({"openai-processing-ms", absl::StrCat(absl::ToInt64Milliseconds(clock_->Now() - start_))});
  response->headers.push_back({"x-content-type-options", "nosniff"});
}

void HttpCall::Respond(HttpResponse response) {
  if (answered_.exchange(true)) return;
  AddHeaders(&response);
  Record(response.status, "");
  exchange_->Respond(std::move(response));
}

void HttpCall::RespondJson(std::string json, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.SetBody(std::move(json));
  Respond(std::move(response));
}

void HttpCall::Fail(const absl::Status& status) {
  if (answered_.exchange(true)) return;
  HttpResponse response = ErrorResponse(status);
  AddHeaders(&response);
  Record(response.status, status.message());
  exchange_->Respond(std::move(response));
}

void HttpCall::StartStream(HttpResponse head, std::function<void()> on_ready) {
  if (answered_.exchange(true)) return;
  AddHeaders(&head);
  exchange_->StartStream(std::move(head), std::move(on_ready));
}

void HttpCall::EndStream(const absl::Status& status) {
  Record(status.ok() ? 200 : HttpStatusOf(status), status.message());
  exchange_->EndStream();
}

void HttpCall::Record(int http_status, absl::string_view error) {
  if (recorded_.exchange(true)) return;
  const absl::Duration duration = clock_->Now() - start_;
  metrics_->Finished(route_, http_status, duration);
  EndHttpSpan(http_status, error, &span_);
  const LogLevel level = LevelOf(http_status);
  if (error.empty()) {
    Log(level, "request done",
        {{"request_id", request_id_},
         {"trace_id", trace_.trace_id()},
         {"span_id", trace_.span_id()},
         {"route", route_},
         {"status", http_status},
         {"seconds", duration}});
  } else {
    Log(level, "request failed",
        {{"request_id", request_id_},
         {"trace_id", trace_.trace_id()},
         {"span_id", trace_.span_id()},
         {"route", route_},
         {"status", http_status},
         {"seconds", duration},
         {"error", error}});
  }
}

}  // namespace unclip::gateway
