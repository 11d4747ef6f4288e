#include "common/batching/work_queue.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {

// A job that is held. What is not constant is guarded by the queue's lock, except that the worker alone uses what it steps.
struct WorkQueue::Entry {
  Entry(std::shared_ptr<JobTicket> job_ticket, std::shared_ptr<StepJob> step_job, const StepNeed& first, absl::Duration now,
        bool request)
      : ticket(std::move(job_ticket)), job(std::move(step_job)), submitted(now), is_request(request), need(first) {}

  const std::shared_ptr<JobTicket> ticket;
  const std::shared_ptr<StepJob> job;
  const absl::Duration submitted;  // by options_.clock
  const bool is_request;
  StepNeed need;                                         // of its next step; during a step, of that one
  bool started = false;                                  // was picked at least once
  bool fresh = false;                                    // was picked for the first time just now
  bool stepping = false;                                 // the worker has it
  std::optional<JobContext> context;                     // once started
  std::vector<std::pair<absl::string_view, int>> steps;  // that it has taken, of each stage
};

WorkQueue::WorkQueue(WorkQueueOptions options)
    : options_(std::move(options)), rules_(options_.name, options_.capacity), worker_([this] { Work(); }) {
  if (options_.metrics != nullptr) options_.metrics->SetCapacity(options_.capacity);
}

WorkQueue::~WorkQueue() { Shutdown(absl::ZeroDuration()); }

absl::Status WorkQueue::Submit(const std::shared_ptr<JobTicket>& ticket, std::shared_ptr<StepJob> job) {
  return Submit(ticket, std::move(job), /*is_request=*/true);
}

absl::Status WorkQueue::Submit(const std::shared_ptr<JobTicket>& ticket, Job job) {
  const bool is_request = job.is_request;
  return Submit(ticket, MakeStepJob(std::move(job)), is_request);
}

absl::Status WorkQueue::Submit(const std::shared_ptr<JobTicket>& ticket, std::shared_ptr<StepJob> job, bool is_request) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = options_.clock->Now();
  if (absl::Status status = ticket->Check(now); !status.ok()) {
    return status.code() == absl::StatusCode::kDeadlineExceeded ? Refuse(Rejection::kDeadline, std::move(status)) : status;
  }
  if (refusing_) {
    return Refuse(Rejection::kDraining,
                  absl::UnavailableError(absl::StrCat(options_.name, " is shutting down; retry elsewhere")));
  }
  const StepNeed need = job->need();
  std::vector<StepCandidate> held = Candidates();
  RETURN_IF_ERROR(Refuse(Rejection::kQueueFull, rules_.CheckRoom(held)));
  RETURN_IF_ERROR(Refuse(Rejection::kDeadline, rules_.CheckTime(std::move(held), need, ticket->deadline(), now)));
  entries_.push_back(std::make_shared<Entry>(ticket, std::move(job), need, now, is_request));
  NotifyLength();
  return absl::OkStatus();
}

// Hands `status` on, counting it unless it is OK.
absl::Status WorkQueue::Refuse(Rejection reason, absl::Status status) const {
  return options_.metrics == nullptr ? status : options_.metrics->rejections().Count(reason, std::move(status));
}

void WorkQueue::Cancel(const std::shared_ptr<JobTicket>& ticket) {
  // Before the lock is taken: a Submit() that comes between then sees it.
  ticket->MarkCancelled();
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e->ticket == ticket && !e->stepping; });
    if (found == entries_.end()) return;
    entry = std::move(*found);
    entries_.erase(found);
    NotifyLength();
  }
  End(*entry, ticket->Check(options_.clock->Now()));
}

void WorkQueue::SetPolicy(const StepPolicy& policy) {
  absl::MutexLock lock(&mutex_);
  rules_.SetPolicy(policy);
}

void WorkQueue::Shutdown(absl::Duration grace) {
  Entries dropped;
  {
    absl::MutexLock lock(&mutex_);
    refusing_ = true;
    mutex_.AwaitWithTimeout(absl::Condition(this, &WorkQueue::Idle), grace);
    for (const auto& entry : entries_) entry->ticket->MarkShutDown();
    const auto kept = std::stable_partition(entries_.begin(), entries_.end(), [](const auto& e) { return e->stepping; });
    dropped.assign(std::make_move_iterator(kept), std::make_move_iterator(entries_.end()));
    entries_.erase(kept, entries_.end());
    NotifyLength();
    stopped_ = true;
  }
  for (const auto& entry : dropped) End(*entry, entry->ticket->Check(options_.clock->Now()));
  if (worker_.joinable()) worker_.join();
}

void WorkQueue::Work() {
  while (RunNext()) {
  }
}

// Does one step of a batch, or ends what is over. False: there is nothing more to do, ever.
bool WorkQueue::RunNext() {
  Ended over;
  Entries batch;
  {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkQueue::CanWork));
    if (entries_.empty()) return false;
    const absl::Duration now = options_.clock->Now();
    over = TakeOver(now);
    if (!entries_.empty()) batch = PickBatch(now);
    NotifyLength();
  }
  for (const auto& [entry, status] : over) End(*entry, status);
  if (!batch.empty()) Step(batch);
  return true;
}

// Takes out what was cancelled, is past its deadline or cannot make it any more.
WorkQueue::Ended WorkQueue::TakeOver(absl::Duration now) {
  Ended over;
  for (const auto& entry : entries_) {
    absl::Status status = entry->ticket->Check(now);
    if (status.ok()) status = rules_.CheckHeld(entry->need, entry->ticket->deadline(), entries_.size(), now);
    if (!status.ok()) over.emplace_back(entry, std::move(status));
  }
  for (const auto& [entry, status] : over) entries_.erase(std::find(entries_.begin(), entries_.end(), entry));
  return over;
}

// All that is held, as the rules see it.
std::vector<StepCandidate> WorkQueue::Candidates() const {
  std::vector<StepCandidate> candidates;
  candidates.reserve(entries_.size());
  for (const auto& entry : entries_) {
    candidates.push_back(
        {.need = entry->need, .arrival = entry->submitted, .deadline = entry->ticket->deadline(), .started = entry->started});
  }
  return candidates;
}

WorkQueue::Entries WorkQueue::PickBatch(absl::Duration now) {
  Entries batch;
  for (const size_t i : rules_.BeginStep(Candidates(), now)) {
    Entry& entry = *entries_[i];
    entry.stepping = true;
    entry.fresh = !entry.started;
    entry.started = true;
    if (entry.fresh) entry.context.emplace(*entry.ticket, *options_.clock, now - entry.submitted);
    batch.push_back(entries_[i]);
  }
  return batch;
}

std::vector<absl::Status> WorkQueue::ComputeStep(const Entries& batch) const {
  if (batch.front()->need.group < 0) return {batch.front()->job->StepAlone()};
  std::vector<StepJob*> jobs;
  jobs.reserve(batch.size());
  for (const auto& entry : batch) jobs.push_back(entry->job.get());
  return options_.step(jobs);
}

// Starts those of `batch` that are new, and steps all. Those that ended, and how.
WorkQueue::Ended WorkQueue::ComputeBatch(const Entries& batch) {
  Ended ended;
  Entries ready;
  for (const auto& entry : batch) {
    if (entry->fresh && options_.on_start && entry->is_request) options_.on_start(entry->context->queue_duration());
    const absl::Status status = entry->fresh ? entry->job->Start(*entry->context) : absl::OkStatus();
    if (status.ok()) {
      ready.push_back(entry);
    } else {
      ended.emplace_back(entry, status);
    }
  }
  const std::vector<absl::Status> results = ready.empty() ? std::vector<absl::Status>() : ComputeStep(ready);
  CountSteps(ready);
  for (size_t i = 0; i < ready.size(); ++i) {
    const absl::StatusOr<bool> finished = results[i].ok() ? ready[i]->job->AfterStep() : results[i];
    if (!finished.ok() || *finished) ended.emplace_back(ready[i], finished.status());
  }
  return ended;
}

// A step of `batch` was computed.
void WorkQueue::CountSteps(const Entries& batch) const {
  if (options_.metrics == nullptr || batch.empty() || !batch.front()->is_request) return;
  std::vector<std::pair<absl::string_view, int>> rows;  // of each stage: of one, but for those beside it on lanes
  const auto add = [](auto& counts, absl::string_view stage, int more) {
    const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return count.first == stage; });
    if (found == counts.end()) {
      counts.emplace_back(stage, more);
    } else {
      found->second += more;
    }
  };
  for (const auto& entry : batch) {
    add(rows, entry->need.stage, entry->need.rows);
    add(entry->steps, entry->need.stage, 1);
  }
  for (const auto& [stage, count] : rows) options_.metrics->BatchStepped(stage, count);
}

// Tells a job, which is held no longer, of its end. Without the lock.
void WorkQueue::End(const Entry& entry, const absl::Status& status) const {
  // A caller who left during the last step does not take the result.
  const absl::Status why = status.ok() ? entry.ticket->Check(options_.clock->Now()) : status;
  if (options_.metrics != nullptr && !why.ok()) {
    for (const auto& [stage, steps] : entry.steps) options_.metrics->StepsWasted(stage, steps, why);
  }
  entry.job->Done(status);
}

void WorkQueue::Step(const Entries& batch) {
  const absl::Duration begin = options_.clock->Now();
  const Ended ended = ComputeBatch(batch);
  const absl::Duration end = options_.clock->Now();
  if (batch.front()->is_request) computing_ += end - begin;
  for (const auto& [entry, status] : ended) End(*entry, status);
  PutBack(batch, ended, end - begin, end);
}

// After a step of `batch` that took `took`, until `now`: takes out those that ended, and learns from it.
void WorkQueue::PutBack(const Entries& batch, const Ended& ended, absl::Duration took, absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  rules_.AbandonStep();
  for (const auto& [entry, status] : ended) entries_.erase(std::find(entries_.begin(), entries_.end(), entry));
  absl::Duration guessed;
  for (const auto& entry : batch) {
    guessed += entry->need.remaining;
    entry->stepping = false;
    if (std::find(entries_.begin(), entries_.end(), entry) == entries_.end()) continue;
    entry->need = entry->job->need();
    guessed -= entry->need.remaining;
  }
  if (std::all_of(ended.begin(), ended.end(), [](const auto& e) { return e.second.ok(); })) rules_.EndStep(guessed, took, now);
  // What a place in the queue costs: the computing between one end and the next.
  if (ended.empty() || !batch.front()->is_request) return;
  for (size_t i = 0; i < ended.size(); ++i) rules_.JobEnded(computing_ / static_cast<int64_t>(ended.size()));
  computing_ = absl::ZeroDuration();
}

std::vector<HeldJob> WorkQueue::Held() const {
  const absl::Duration now = options_.clock->Now();
  std::vector<HeldJob> held;
  absl::MutexLock lock(&mutex_);
  held.reserve(entries_.size());
  for (const auto& entry : entries_) {
    if (entry->ticket->status() == nullptr) continue;
    held.push_back({.status = entry->ticket->status(),
                    .age = now - entry->submitted,
                    .started = entry->started,
                    .stepping = entry->stepping});
  }
  return held;
}

int WorkQueue::WaitingCount() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(), [](const auto& e) { return !e->started; }));
}

void WorkQueue::NotifyLength() {
  const int length = WaitingCount();
  if (length == reported_length_) return;
  reported_length_ = length;
  if (options_.on_length) options_.on_length(length);
}

}  // namespace unclip
