// For tests: keeps the spans of the process's tracer.
#ifndef UNCLIP_COMMON_TRACE_RECORDED_SPANS_H_
#define UNCLIP_COMMON_TRACE_RECORDED_SPANS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/trace/span_data.h"
#include "common/trace/tracer.h"

namespace unclip {

// Records every trace while it lives. Thread-safe.
class RecordedSpans {
 public:
  explicit RecordedSpans(double root_ratio = 1) { Tracer::Process().Record(sink_, root_ratio); }
  ~RecordedSpans() { Tracer::Process().Record(nullptr, 0); }
  RecordedSpans(const RecordedSpans&) = delete;
  RecordedSpans& operator=(const RecordedSpans&) = delete;

  // Names of those that have ended, in the order of their ends.
  std::vector<std::string> names() const {
    absl::MutexLock lock(&sink_->mutex);
    std::vector<std::string> names;
    for (const auto& span : sink_->spans) names.push_back(span->name);
    return names;
  }

  // The last that ended of this name, once there is one.
  const SpanData& Wait(absl::string_view name) const {
    const SpanData* found = nullptr;
    const auto has_ended = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sink_->mutex) {
      for (const auto& span : sink_->spans) {
        if (span->name == name) found = span.get();
      }
      return found != nullptr;
    };
    absl::MutexLock lock(&sink_->mutex);
    sink_->mutex.Await(absl::Condition(&has_ended));
    return *found;
  }

 private:
  struct Sink final : public SpanSink {
    void Add(std::unique_ptr<const SpanData> span) override {
      absl::MutexLock lock(&mutex);
      spans.push_back(std::move(span));
    }

    absl::Mutex mutex;
    std::vector<std::unique_ptr<const SpanData>> spans ABSL_GUARDED_BY(mutex);
  };

  const std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
};

// The value of an attribute, as text; "" when there is none of this key.
inline std::string AttributeOf(const std::vector<SpanAttribute>& attributes, absl::string_view key) {
  for (const SpanAttribute& attribute : attributes) {
    if (attribute.key != key) continue;
    if (const auto* text = std::get_if<std::string>(&attribute.value)) return *text;
    if (const auto* number = std::get_if<int64_t>(&attribute.value)) return std::to_string(*number);
    if (const auto* number = std::get_if<double>(&attribute.value)) return std::to_string(*number);
    return std::get<bool>(attribute.value) ? "true" : "false";
  }
  return "";
}

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_RECORDED_SPANS_H_
