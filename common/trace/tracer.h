// The process's tracer, which requests that arrive begin at. Like the log, there is one in a process.
#ifndef UNCLIP_COMMON_TRACE_TRACER_H_
#define UNCLIP_COMMON_TRACE_TRACER_H_

#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "common/trace/span.h"
#include "common/trace/span_data.h"
#include "common/trace/trace_context.h"

namespace unclip {

// Thread-safe.
class Tracer {
 public:
  // The process's; records nothing until told to. Never destroyed.
  static Tracer& Process();

  // Requests that arrive from now on are recorded by `sink`; null: none is. `root_ratio`, 0 to 1, is the share of the traces
  // begun here that are recorded; the others, the caller decides of.
  void Record(std::shared_ptr<SpanSink> sink, double root_ratio) ABSL_LOCKS_EXCLUDED(mutex_);

  // A request came in with `parent`, or with none. `clock` measures its times and must outlive it.
  // - Recorded: the trace goes on, or a new one begins, with a span of this process.
  // - Not recorded: the caller's place is handed on as it came; without one, the request gets identifiers that say "not sampled".
  Span StartRequest(absl::string_view name, const std::optional<TraceContext>& parent, const Clock* clock)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  std::shared_ptr<SpanSink> sink_ ABSL_GUARDED_BY(mutex_);
  double root_ratio_ ABSL_GUARDED_BY(mutex_) = 1;
};

// Whether a trace begun here is recorded at `ratio`. The same for all who see the trace's id, and what a smaller ratio takes, a
// larger one takes too: decided, as OpenTelemetry does, by the last 56 bits, which are random.
bool IsSampled(const TraceId& id, double ratio);

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_TRACER_H_
