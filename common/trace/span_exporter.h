// Sends spans to an OpenTelemetry collector, from a thread of its own.
//
// Spans wait in a bounded queue. When it is full, the ones that come are dropped and those that wait are kept, as OpenTelemetry's
// SDKs do: whoever ends a span then only counts, and a burst keeps its beginning, which is where its cause is.
#ifndef UNCLIP_COMMON_TRACE_SPAN_EXPORTER_H_
#define UNCLIP_COMMON_TRACE_SPAN_EXPORTER_H_

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/trace/batch_sender.h"
#include "common/trace/http_poster.h"
#include "common/trace/otlp_json.h"
#include "common/trace/span_data.h"
#include "common/trace/trace_metrics.h"

namespace unclip {

struct SpanExporterOptions {
  OtlpResource resource = {};
  size_t capacity = 2048;                      // spans that wait; ≥ 1
  size_t batch_size = 512;                     // spans in one message; 1 to `capacity`
  absl::Duration delay = absl::Seconds(1);     // time that spans wait for others to fill a batch
  absl::Duration timeout = absl::Seconds(10);  // of an attempt
  // Time that the end may take: who ends processes leaves little behind the grace.
  absl::Duration flush_timeout = absl::Seconds(2);
};

// Thread-safe.
class SpanExporter final : public SpanSink {
 public:
  // `metrics` must outlive the exporter.
  SpanExporter(SpanExporterOptions options, std::unique_ptr<HttpPoster> poster, TraceMetrics* metrics);

  // Shuts down.
  ~SpanExporter() override { Shutdown(); }

  void Add(std::unique_ptr<const SpanData> span) override ABSL_LOCKS_EXCLUDED(mutex_);

  // Sends what waits within `flush_timeout` (and a second, where an attempt must be broken off), drops the rest, and ends the
  // thread. Spans that come later are dropped.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Batch = std::vector<std::unique_ptr<const SpanData>>;

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  Batch TakeBatch() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration TimeLeft() ABSL_LOCKS_EXCLUDED(mutex_);
  bool Wait(absl::Duration delay) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasSpans() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); }
  bool HasBatch() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || queue_.size() >= options_.batch_size; }

  const SpanExporterOptions options_;
  const std::unique_ptr<HttpPoster> poster_;
  TraceMetrics* const metrics_;
  BatchSender sender_;

  absl::Mutex mutex_;
  Batch queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time end_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // when the flush must be over
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;                       // the thread is done

  std::thread thread_;  // last: it uses the rest
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_SPAN_EXPORTER_H_
