#include "common/trace/tracer.h"

#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace unclip {

Tracer& Tracer::Process() {
  static auto* const tracer = new Tracer;
  return *tracer;
}

void Tracer::Record(std::shared_ptr<SpanSink> sink, double root_ratio) {
  absl::MutexLock lock(&mutex_);
  sink_.swap(sink);  // what was there goes outside of the lock
  root_ratio_ = root_ratio;
}

Span Tracer::StartRequest(absl::string_view name, const std::optional<TraceContext>& parent, const Clock* clock) {
  std::shared_ptr<SpanSink> sink;
  double root_ratio = 0;
  {
    absl::MutexLock lock(&mutex_);
    sink = sink_;
    root_ratio = root_ratio_;
  }
  TraceContext context = parent.value_or(TraceContext());
  if (!parent.has_value()) {
    context.trace_id = NewTraceId();
    context.sampled = sink != nullptr && IsSampled(context.trace_id, root_ratio);
  }
  if (!context.sampled) sink = nullptr;
  if (!parent.has_value() || sink != nullptr) context.span_id = NewSpanId();
  const absl::Duration now = clock->Now();
  return Span(Trace(std::move(context), std::move(sink), clock, absl::Now() - now), parent.value_or(TraceContext()).span_id,
              /*parent_is_remote=*/parent.has_value(), name, SpanKind::kServer, now);
}

bool IsSampled(const TraceId& id, double ratio) {
  constexpr uint64_t kRange = uint64_t{1} << 56;
  // Compared as integers, as a double has only 53 of the bits.
  const auto threshold = static_cast<uint64_t>((1 - ratio) * static_cast<double>(kRange));
  return (id.low & (kRange - 1)) >= threshold;
}

}  // namespace unclip
