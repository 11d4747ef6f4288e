#include "common/trace/span.h"

#include <utility>

namespace unclip {

Trace::Trace(TraceContext context, std::shared_ptr<SpanSink> sink, const Clock* clock, absl::Time clock_zero)
    : context_(std::move(context)), sink_(std::move(sink)), clock_(clock), clock_zero_(clock_zero) {}

Span Trace::StartSpan(absl::string_view name, SpanKind kind) const {
  return is_recorded() ? StartSpanAt(name, clock_->Now(), kind) : StartSpanAt(name, absl::ZeroDuration(), kind);
}

Span Trace::StartSpanAt(absl::string_view name, absl::Duration at, SpanKind kind) const {
  Trace place = *this;
  if (is_recorded()) place.context_.span_id = NewSpanId();
  return Span(std::move(place), context_.span_id, /*parent_is_remote=*/false, name, kind, at);
}

Span::Span(Trace place, SpanId parent, bool parent_is_remote, absl::string_view name, SpanKind kind, absl::Duration start)
    : trace_(std::move(place)) {
  if (!trace_.is_recorded()) return;
  data_ = std::make_unique<SpanData>();
  data_->context = trace_.context();
  data_->parent = parent;
  data_->parent_is_remote = parent_is_remote;
  data_->name = std::string(name);
  data_->kind = kind;
  data_->start = trace_.TimeAt(start);
}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  End();
  trace_ = std::move(other.trace_);
  data_ = std::move(other.data_);
  return *this;
}

void Span::SetAttribute(absl::string_view key, std::variant<bool, int64_t, double, std::string> value) {
  if (data_ != nullptr) data_->attributes.push_back({.key = key, .value = std::move(value)});
}

void Span::SetError(absl::string_view error) {
  if (data_ == nullptr) return;
  data_->is_error = true;
  data_->error = std::string(error);
}

void Span::AddEvent(absl::string_view name, std::initializer_list<SpanAttribute> attributes) {
  if (data_ == nullptr) return;
  if (data_->events.size() >= kMaxSpanEvents) {
    ++data_->dropped_events;
    return;
  }
  data_->events.push_back({.time = trace_.TimeAt(trace_.clock_->Now()), .name = name, .attributes = attributes});
}

void Span::End() {
  if (data_ != nullptr) EndAt(trace_.clock_->Now());
}

void Span::EndAt(absl::Duration at) {
  if (data_ == nullptr) return;
  data_->end = trace_.TimeAt(at);
  trace_.sink_->Add(std::move(data_));
}

}  // namespace unclip
