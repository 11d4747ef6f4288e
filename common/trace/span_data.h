// What is recorded of a part of a request's work, in OpenTelemetry's terms.
#ifndef UNCLIP_COMMON_TRACE_SPAN_DATA_H_
#define UNCLIP_COMMON_TRACE_SPAN_DATA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/trace/trace_context.h"

namespace unclip {

// The numbers are OTLP's.
enum class SpanKind { kInternal = 1, kServer = 2, kClient = 3 };

// The key is a literal. Never a prompt, nor anything else that a user wrote.
struct SpanAttribute {
  absl::string_view key;
  std::variant<bool, int64_t, double, std::string> value;
};

// A moment within a span. The name is a literal.
struct SpanEvent {
  absl::Time time;
  absl::string_view name;
  std::vector<SpanAttribute> attributes = {};
};

// The most events that a span keeps, as OpenTelemetry's SDKs have it.
inline constexpr size_t kMaxSpanEvents = 128;

struct SpanData {
  TraceContext context = {};  // its own place
  SpanId parent = {};         // none: it is its trace's root
  bool parent_is_remote = false;
  std::string name = {};
  SpanKind kind = SpanKind::kInternal;
  absl::Time start = absl::UnixEpoch();
  absl::Time end = absl::UnixEpoch();
  std::vector<SpanAttribute> attributes = {};
  std::vector<SpanEvent> events = {};
  int dropped_events = 0;
  bool is_error = false;
  std::string error = {};  // what went wrong, when is_error
};

// Takes spans that have ended. Thread-safe; must not block.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void Add(std::unique_ptr<const SpanData> span) = 0;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_SPAN_DATA_H_
