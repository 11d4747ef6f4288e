// One HTTP request on its way through the gateway: its id, its line in the log, its place in the metrics, its span in the trace,
// its answer.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_CALL_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_CALL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/trace/span.h"
#include "gateway/http/http_exchange.h"
#include "gateway/http/http_message.h"
#include "gateway/http/http_metrics.h"

namespace unclip::gateway {

// Adds to every answer x-request-id and openai-processing-ms. Thread-safe as the exchange is; only the first answer counts.
class HttpCall {
 public:
  // `route` is a literal: "/v1/jobs/{id}". `metrics` and `clock` must outlive the call.
  HttpCall(std::shared_ptr<HttpExchange> exchange, absl::string_view route, HttpMetrics* metrics, const Clock* clock);

  // Counts a call that was never answered as one whose client left.
  ~HttpCall();

  HttpRequest& request() { return exchange_->request(); }
  const std::string& request_id() const { return request_id_; }
  // Where spans below the call's start.
  const Trace& trace() const { return trace_; }
  const Clock& clock() const { return *clock_; }

  // OK, or INVALID_ARGUMENT when the X-Request-Id that came with it is not 1 to 128 visible ASCII characters.
  const absl::Status& id_status() const { return id_status_; }

  // When the request must be answered: the least of `default_deadline`, and the seconds of the headers x-stainless-read-timeout
  // (which the SDKs send; with two seconds
  // more, as they stop by themselves) and Request-Timeout, from its arrival. INVALID_ARGUMENT for a header that is no number
  // above 0.
  absl::StatusOr<absl::Duration> Deadline(absl::Duration default_deadline);

  void Respond(HttpResponse response);
  void RespondJson(std::string json, int status = 200);
  void Fail(const absl::Status& status);

  // As HttpExchange's; `head` is a success.
  void StartStream(HttpResponse head, std::function<void()> on_ready);
  void Write(std::string piece) { exchange_->Write(std::move(piece)); }
  // `status` is for the log and the metrics: a stream's head has said 200.
  void EndStream(const absl::Status& status);
  void OnLeave(std::function<void()> on_leave) { exchange_->OnLeave(std::move(on_leave)); }

 private:
  void AddHeaders(HttpResponse* response) const;
  void Record(int http_status, absl::string_view error);

  const std::shared_ptr<HttpExchange> exchange_;
  const absl::string_view route_;
  HttpMetrics* const metrics_;
  const Clock* const clock_;
  const absl::Duration start_;
  absl::Status id_status_;
  std::string request_id_;
  Span span_;
  const Trace trace_;  // of the span, which may end on another thread
  std::atomic<bool> answered_ = false;
  std::atomic<bool> recorded_ = false;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_CALL_H_
