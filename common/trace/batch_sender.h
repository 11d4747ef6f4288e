// Brings one batch of spans at a time to the collector, with what patience OTLP asks for.
#ifndef UNCLIP_COMMON_TRACE_BATCH_SENDER_H_
#define UNCLIP_COMMON_TRACE_BATCH_SENDER_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "common/trace/http_poster.h"
#include "common/trace/trace_metrics.h"

namespace unclip {

struct BatchSenderOptions {
  HttpPoster* poster = nullptr;
  TraceMetrics* metrics = nullptr;
  std::function<absl::Duration()> timeout;         // of the next attempt
  std::function<bool(absl::Duration delay)> wait;  // false: the process ends, and there is one more attempt at most
  std::function<double()> random;                  // in [0, 1)
};

// An answer of 429, 502, 503 or 504, and none at all, are tried again, up to 6 attempts in all: after 1, 2, 4, 8 and 16 seconds,
// each less up to a half by chance, so that processes that failed together do not come back together; or after what the answer's
// Retry-After says, up to 5 minutes. Any other answer is final. One thread at a time.
class BatchSender {
 public:
  explicit BatchSender(BatchSenderOptions options) : options_(std::move(options)) {}

  // Counts the spans of `body` as exported or dropped.
  void Send(const std::string& body, size_t span_count);

 private:
  absl::Duration DelayAfter(int attempt, const HttpPostResult& result) const;
  void Taken(const HttpPostResult& result, size_t span_count);
  void Failed(const HttpPostResult& result, SpanDrop reason, size_t span_count);

  const BatchSenderOptions options_;
  bool is_failing_ = false;  // so that an outage is a line in the log, and not one a batch
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_BATCH_SENDER_H_
