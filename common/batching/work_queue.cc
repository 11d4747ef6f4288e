#include "common/batching/work_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/retry_info.h"

namespace unclip {

WorkQueue::WorkQueue(WorkQueueOptions options) : options_(std::move(options)), worker_([this] { Work(); }) {}

WorkQueue::~WorkQueue() { Shutdown(absl::ZeroDuration()); }

absl::Status WorkQueue::Submit(const std::shared_ptr<JobTicket>& ticket, Job job) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = options_.clock->Now();
  RETURN_IF_ERROR(ticket->Check(now));
  if (refusing_) return absl::UnavailableError(absl::StrCat(options_.name, " is shutting down; retry elsewhere"));
  if (waiting_.size() >= static_cast<size_t>(options_.capacity)) {
    const absl::Duration retry_after = estimator_.Estimate(static_cast<int>(waiting_.size()));
    absl::Status full =
        absl::ResourceExhaustedError(absl::StrCat("the queue of ", options_.name, " is full (", options_.capacity,
                                                  " requests wait); retry in ", absl::FormatDuration(retry_after)));
    SetRetryAfter(retry_after, &full);
    return full;
  }
  waiting_.push_back({ticket, std::move(job), now});
  NotifyLength();
  return absl::OkStatus();
}

void WorkQueue::Cancel(const std::shared_ptr<JobTicket>& ticket) {
  // Before the lock is taken: a Submit() that comes between then sees it.
  ticket->MarkCancelled();
  Entry entry;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& e) { return e.ticket == ticket; });
    if (found == waiting_.end()) return;
    entry = std::move(*found);
    waiting_.erase(found);
    NotifyLength();
  }
  entry.job.done(ticket->Check(options_.clock->Now()));
}

void WorkQueue::Shutdown(absl::Duration grace) {
  std::deque<Entry> dropped;
  {
    absl::MutexLock lock(&mutex_);
    refusing_ = true;
    mutex_.AwaitWithTimeout(absl::Condition(this, &WorkQueue::Idle), grace);
    dropped.swap(waiting_);
    if (!dropped.empty()) NotifyLength();
    if (running_ != nullptr) running_->MarkShutDown();
    stopped_ = true;
  }
  for (Entry& entry : dropped) {
    entry.ticket->MarkShutDown();
    entry.job.done(entry.ticket->Check(options_.clock->Now()));
  }
  if (worker_.joinable()) worker_.join();
}

int WorkQueue::length() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(waiting_.size());
}

void WorkQueue::Work() {
  while (RunNext()) {
  }
}

bool WorkQueue::RunNext() {
  Entry entry;
  {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkQueue::CanWork));
    if (waiting_.empty()) return false;
    entry = std::move(waiting_.front());
    waiting_.pop_front();
    running_ = entry.ticket;
    NotifyLength();
  }
  const absl::Duration start = options_.clock->Now();
  absl::Status status = entry.ticket->Check(start);
  const bool ran = status.ok();
  if (ran) {
    const absl::Duration waited = start - entry.submitted;
    if (options_.on_start && entry.job.is_request) options_.on_start(waited);
    status = entry.job.run(JobContext(*entry.ticket, *options_.clock, waited));
  }
  const absl::Duration duration = options_.clock->Now() - start;
  const bool informs = ran && entry.job.is_request;
  entry.job.done(status);
  entry.job = {};  // what the job holds goes before the queue counts as idle

  absl::MutexLock lock(&mutex_);
  if (informs) estimator_.Record(duration);
  running_ = nullptr;
  return true;
}

void WorkQueue::NotifyLength() {
  if (options_.on_length) options_.on_length(static_cast<int>(waiting_.size()));
}

}  // namespace unclip
