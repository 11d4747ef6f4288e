// Spans: parts of a request's work, with begin and end, as they are measured.
//
// A span whose trace is not recorded (there is no exporter, or sampling left it out) is no more than the identifiers that go
// along with calls and log lines: nothing is allocated for what it is told.
#ifndef UNCLIP_COMMON_TRACE_SPAN_H_
#define UNCLIP_COMMON_TRACE_SPAN_H_

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/trace/span_data.h"
#include "common/trace/trace_context.h"

namespace unclip {

class Span;

// A place in a trace from which spans start; to be copied into whatever works for the request. Thread-safe, as it never changes.
class Trace {
 public:
  // Belongs to no trace.
  Trace() = default;

  // Recorded by `sink`; null: not recorded. `clock` measures all of the request's times in this process, and must outlive its
  // spans; `clock_zero` is the wall time when it showed 0, so that setting the wall clock does not bend a request's spans.
  Trace(TraceContext context, std::shared_ptr<SpanSink> sink, const Clock* clock, absl::Time clock_zero);

  // What goes along with calls to others. When the trace is not recorded here, the caller's own, so that who does record it finds
  // its parent.
  const TraceContext& context() const { return context_; }

  bool is_recorded() const { return sink_ != nullptr; }

  // For log lines; empty outside of any trace.
  std::string trace_id() const { return context_.trace_id.is_valid() ? context_.trace_id.ToHex() : ""; }
  std::string span_id() const { return context_.span_id.is_valid() ? context_.span_id.ToHex() : ""; }

  // A span below this place, from now, or from when the clock showed `at`.
  Span StartSpan(absl::string_view name, SpanKind kind = SpanKind::kInternal) const;
  Span StartSpanAt(absl::string_view name, absl::Duration at, SpanKind kind = SpanKind::kInternal) const;

 private:
  friend class Span;

  absl::Time TimeAt(absl::Duration at) const { return clock_zero_ + at; }

  TraceContext context_;
  std::shared_ptr<SpanSink> sink_;
  const Clock* clock_ = &Clock::Real();
  absl::Time clock_zero_ = absl::UnixEpoch();
};

// One thread at a time. Ends when it is destroyed, if it has not before; what follows its end has no effect.
class Span {
 public:
  // Records nothing, and belongs to no trace.
  Span() = default;

  // The first span of a request in this process, below `parent`, which came from `parent_is_remote` another process; none: it
  // begins a trace.
  Span(Trace place, SpanId parent, bool parent_is_remote, absl::string_view name, SpanKind kind, absl::Duration start);

  ~Span() { End(); }
  Span(Span&&) = default;
  Span& operator=(Span&& other) noexcept;

  // Whether it is worth gathering what would be recorded.
  bool is_recorded() const { return data_ != nullptr; }

  // The place of the span itself: from where spans below it start.
  const Trace& trace() const { return trace_; }

  void SetAttribute(absl::string_view key, std::variant<bool, int64_t, double, std::string> value);

  // It failed. `error` says how; empty where the attributes do.
  void SetError(absl::string_view error);

  // Something happened now. Beyond kMaxSpanEvents they are only counted.
  void AddEvent(absl::string_view name, std::initializer_list<SpanAttribute> attributes);

  void End();
  void EndAt(absl::Duration at);

 private:
  Trace trace_;
  std::unique_ptr<SpanData> data_;
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_SPAN_H_
