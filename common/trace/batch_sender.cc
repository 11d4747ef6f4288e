#include "common/trace/batch_sender.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"

namespace unclip {
namespace {

using nlohmann::json;

constexpr int kMaxAttempts = 6;
constexpr absl::Duration kFirstDelay = absl::Seconds(1);
constexpr absl::Duration kLongestWait = absl::Minutes(5);
constexpr size_t kShownBytes = 200;

bool IsPassing(const HttpPostResult& result) {
  return result.status == 0 || result.status == 429 || result.status == 502 || result.status == 503 || result.status == 504;
}

// Spans that a collector says it would not have though it took the rest: {"partialSuccess": {"rejectedSpans": "3"}}.
size_t RejectedSpans(const std::string& answer) {
  const json parsed = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("partialSuccess")) return 0;
  const json& partial = parsed["partialSuccess"];
  if (!partial.is_object() || !partial.contains("rejectedSpans")) return 0;
  const json& count = partial["rejectedSpans"];
  if (count.is_number_unsigned()) return count.get<size_t>();
  uint64_t number = 0;
  return count.is_string() && absl::SimpleAtoi(count.get_ref<const std::string&>(), &number) ? number : 0;
}

}  // namespace

void BatchSender::Send(const std::string& body, size_t span_count) {
  bool is_last = false;
  for (int attempt = 1;; ++attempt) {
    const HttpPostResult result = options_.poster->Post(body, options_.timeout());
    if (result.status >= 200 && result.status < 300) return Taken(result, span_count);
    if (!IsPassing(result)) return Failed(result, SpanDrop::kRefused, span_count);
    if (is_last) return Failed(result, SpanDrop::kShutDown, span_count);
    if (attempt == kMaxAttempts) return Failed(result, SpanDrop::kFailed, span_count);
    is_last = !options_.wait(DelayAfter(attempt, result));
  }
}

absl::Duration BatchSender::DelayAfter(int attempt, const HttpPostResult& result) const {
  if (result.retry_after.has_value()) return std::min(*result.retry_after, kLongestWait);
  return kFirstDelay * (1 << (attempt - 1)) * (1 - options_.random() / 2);
}

void BatchSender::Taken(const HttpPostResult& result, size_t span_count) {
  const size_t rejected = std::min(span_count, RejectedSpans(result.body));
  options_.metrics->Exported(span_count - rejected);
  if (rejected > 0) options_.metrics->Dropped(SpanDrop::kRefused, rejected);
  if (is_failing_) LogInfo("spans are exported again");
  is_failing_ = false;
}

void BatchSender::Failed(const HttpPostResult& result, SpanDrop reason, size_t span_count) {
  options_.metrics->Dropped(reason, span_count);
  if (is_failing_) return;
  is_failing_ = true;
  LogWarning("spans are not exported",
             {{"status", result.status}, {"error", result.status == 0 ? result.error : result.body.substr(0, kShownBytes)}});
}

}  // namespace unclip
