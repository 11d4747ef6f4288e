#include "common/trace/span_exporter.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "absl/time/clock.h"

namespace unclip {
namespace {

double Random() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

SpanExporter::SpanExporter(SpanExporterOptions options, std::unique_ptr<HttpPoster> poster, TraceMetrics* metrics)
    : options_(std::move(options)),
      poster_(std::move(poster)),
      metrics_(metrics),
      sender_({.poster = poster_.get(),
               .metrics = metrics,
               .timeout = [this] { return std::min(options_.timeout, TimeLeft()); },
               .wait = [this](absl::Duration delay) { return Wait(delay); },
               .random = Random}),
      thread_([this] { Work(); }) {}

void SpanExporter::Add(std::unique_ptr<const SpanData> span) {
  SpanDrop reason = SpanDrop::kQueueFull;
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_ && queue_.size() < options_.capacity) {
      queue_.push_back(std::move(span));
      return;
    }
    if (stopping_) reason = SpanDrop::kShutDown;
  }
  metrics_->Dropped(reason, 1);
}

void SpanExporter::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) end_ = absl::Now() + options_.flush_timeout;
    stopping_ = true;
    if (!mutex_.AwaitWithDeadline(absl::Condition(&ended_), end_)) poster_->Abort();
  }
  if (thread_.joinable()) thread_.join();
}

void SpanExporter::Work() {
  while (true) {
    const Batch batch = TakeBatch();
    if (batch.empty()) break;
    if (TimeLeft() > absl::ZeroDuration()) {
      sender_.Send(ToOtlpJson(options_.resource, batch), batch.size());
    } else {
      metrics_->Dropped(SpanDrop::kShutDown, batch.size());
    }
  }
  absl::MutexLock lock(&mutex_);
  ended_ = true;
}

// Waits for spans, and then for a batch of them. None: it is over.
SpanExporter::Batch SpanExporter::TakeBatch() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &SpanExporter::HasSpans));
  mutex_.AwaitWithTimeout(absl::Condition(this, &SpanExporter::HasBatch), options_.delay);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.batch_size));
  Batch batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

absl::Duration SpanExporter::TimeLeft() {
  absl::MutexLock lock(&mutex_);
  return end_ - absl::Now();
}

bool SpanExporter::Wait(absl::Duration delay) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), delay);
}

}  // namespace unclip
