// W3C Trace Context (https://www.w3.org/TR/trace-context-1/): which trace a request belongs to, as it travels in the headers
// traceparent and tracestate of HTTP, and in gRPC metadata of the same names.
#ifndef UNCLIP_COMMON_TRACE_TRACE_CONTEXT_H_
#define UNCLIP_COMMON_TRACE_TRACE_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace unclip {

// Both in lower case, as gRPC wants them.
inline constexpr char kTraceParentKey[] = "traceparent";
inline constexpr char kTraceStateKey[] = "tracestate";

// 16 bytes, most significant first. All zero: none.
struct TraceId {
  uint64_t high = 0;
  uint64_t low = 0;

  bool operator==(const TraceId&) const = default;
  bool is_valid() const { return high != 0 || low != 0; }
  std::string ToHex() const;  // 32 digits, in lower case
};

// 8 bytes. All zero: none.
struct SpanId {
  uint64_t value = 0;

  bool operator==(const SpanId&) const = default;
  bool is_valid() const { return value != 0; }
  std::string ToHex() const;  // 16 digits, in lower case
};

// New ones, random and valid. Thread-safe.
TraceId NewTraceId();
SpanId NewSpanId();

// A place in a trace.
struct TraceContext {
  TraceId trace_id = {};
  SpanId span_id = {};           // of whoever is the parent of what comes next
  bool sampled = false;          // the caller may have recorded the trace, and wants us to
  std::string trace_state = {};  // what other systems put along, handed on as it is

  bool operator==(const TraceContext&) const = default;
};

// What a traceparent says; nothing when it is not valid. Versions above 00 are read as 00 as far as that goes, and what follows
// is ignored, as the specification has it (§3.2.3, §4.3); ff is not valid.
std::optional<TraceContext> ParseTraceParent(absl::string_view header);

// The headers of a request together: `trace_parents` and `trace_states` are all values that came under the two names. Nothing
// unless there is exactly one traceparent, which is valid: a new trace is then begun. A tracestate that is not valid is left out.
std::optional<TraceContext> ParseTraceHeaders(absl::Span<const absl::string_view> trace_parents,
                                              absl::Span<const absl::string_view> trace_states);

// The traceparent of version 00. Of the flags, only "sampled" is known to it; the others must be sent as 0.
std::string FormatTraceParent(const TraceContext& context);

// The list of all `headers` in order, without blanks and empty members; empty when it is not valid (a key or value out of its
// alphabet, a key that comes twice, more than 32 members). When it is longer than 512 bytes, which is what must be handed on,
// members above 128 bytes go first, then the last ones (§3.3.1.5).
std::string JoinTraceState(absl::Span<const absl::string_view> headers);

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_TRACE_CONTEXT_H_
