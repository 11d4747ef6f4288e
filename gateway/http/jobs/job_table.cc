#include "gateway/http/jobs/job_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "gateway/http/store/random_id.h"

namespace unclip::gateway {
namespace {

absl::Status NoSuchJob() { return absl::NotFoundError("there is no such job, or no longer"); }

void Wake(const Job::Woken& woken) {
  for (const std::shared_ptr<JobSubscriber>& subscriber : woken) subscriber->Wake();
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobRun>> JobTable::Add(ImageTask kind, std::shared_ptr<const AnswerWriter> writer) {
  ASSIGN_OR_RETURN(const std::string random, NewRandomId());
  absl::MutexLock lock(&mutex_);
  ForgetExpired();
  const size_t unfinished = jobs_.size() - finished_.size();
  if (unfinished >= options_.max_unfinished) {
    return absl::ResourceExhaustedError(
        absl::StrCat(unfinished, " jobs are queued or running, as many as may be; try again later"));
  }
  auto job = std::make_shared<Job>(absl::StrCat("job_", random), kind, std::move(writer), options_.wall_clock());
  jobs_.emplace(job->id(), job);
  queued_.push_back(job);
  ReportUnfinished();
  return std::make_unique<JobRun>(this, std::move(job));
}

absl::StatusOr<JobSnapshot> JobTable::Get(absl::string_view id) {
  absl::MutexLock lock(&mutex_);
  const std::shared_ptr<Job> job = Find(id);
  if (job == nullptr) return NoSuchJob();
  return job->Snapshot(clock_->Now(), QueuePositionOf(*job));
}

absl::StatusOr<std::optional<JobSnapshot>> JobTable::CancelOrForget(absl::string_view id) {
  std::shared_ptr<Job> job;
  std::optional<JobSnapshot> cancelled;
  Job::Woken woken;
  const absl::Status why = absl::CancelledError("the job was cancelled");
  {
    absl::MutexLock lock(&mutex_);
    job = Find(id);
    if (job == nullptr) return NoSuchJob();
    if (IsFinal(job->status())) {
      Forget(std::find(finished_.begin(), finished_.end(), job));
      return std::nullopt;
    }
    FinishLocked(job, why, {}, woken);
    cancelled = job->Snapshot(clock_->Now(), std::nullopt);
  }
  job->cancellation().Cancel(why);
  Wake(woken);
  return cancelled;
}

absl::StatusOr<std::shared_ptr<JobSubscriber>> JobTable::Subscribe(absl::string_view id, std::function<void()> on_event) {
  std::shared_ptr<JobSubscriber> subscriber;
  {
    absl::MutexLock lock(&mutex_);
    const std::shared_ptr<Job> job = Find(id);
    if (job == nullptr) return NoSuchJob();
    subscriber = job->Subscribe(std::move(on_event), clock_->Now(), QueuePositionOf(*job));
  }
  subscriber->Wake();
  return subscriber;
}

void JobTable::EndAll(const absl::Status& why) {
  std::vector<std::shared_ptr<Job>> ended;
  Job::Woken woken;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, job] : jobs_) {
      if (!IsFinal(job->status())) ended.push_back(job);
    }
    // All at once, so that nobody is told of a queue that moves.
    queued_.clear();
    for (const std::shared_ptr<Job>& job : ended) FinishLocked(job, why, {}, woken);
  }
  for (const std::shared_ptr<Job>& job : ended) job->cancellation().Cancel(why);
  Wake(woken);
}

JobCounts JobTable::counts() {
  absl::MutexLock lock(&mutex_);
  ForgetExpired();
  return {.queued = queued_.size(), .running = jobs_.size() - queued_.size() - finished_.size(), .finished = finished_.size()};
}

bool JobTable::SetRunning(const std::shared_ptr<Job>& job) {
  Job::Woken woken;
  {
    absl::MutexLock lock(&mutex_);
    if (!job->SetRunning(options_.wall_clock(), clock_->Now(), woken)) return false;
    LeaveQueue(job, woken);
    ReportUnfinished();
  }
  Wake(woken);
  return true;
}

void JobTable::AddProgress(Job& job, v1::GenerationProgress progress) {
  Job::Woken woken;
  {
    absl::MutexLock lock(&mutex_);
    job.AddProgress(std::move(progress), clock_->Now(), woken);
  }
  Wake(woken);
}

void JobTable::AddImage(Job& job, v1::GeneratedImage image) {
  Job::Woken woken;
  {
    absl::MutexLock lock(&mutex_);
    job.AddImage(std::move(image), woken);
  }
  Wake(woken);
}

void JobTable::Finish(const std::shared_ptr<Job>& job, const absl::Status& status, std::vector<v1::Warning> warnings) {
  Job::Woken woken;
  {
    absl::MutexLock lock(&mutex_);
    FinishLocked(job, status, std::move(warnings), woken);
  }
  Wake(woken);
}

std::shared_ptr<Job> JobTable::Find(absl::string_view id) {
  ForgetExpired();
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

std::optional<int> JobTable::QueuePositionOf(const Job& job) const {
  const auto found = std::find_if(queued_.begin(), queued_.end(), [&](const auto& other) { return other.get() == &job; });
  if (found == queued_.end()) return std::nullopt;
  return static_cast<int>(std::distance(queued_.begin(), found));
}

void JobTable::LeaveQueue(const std::shared_ptr<Job>& job, Job::Woken& woken) {
  const auto found = std::find(queued_.begin(), queued_.end(), job);
  if (found == queued_.end()) return;
  auto behind = queued_.erase(found);
  const absl::Duration now = clock_->Now();
  for (auto position = static_cast<int>(std::distance(queued_.begin(), behind)); behind != queued_.end(); ++behind, ++position) {
    if ((*behind)->is_watched()) (*behind)->MoveInQueue(position, now, woken);
  }
}

void JobTable::FinishLocked(const std::shared_ptr<Job>& job, const absl::Status& status, std::vector<v1::Warning> warnings,
                            Job::Woken& woken) {
  if (!job->Finish(status, std::move(warnings), options_.wall_clock(), clock_->Now(), options_.lifetime, woken)) return;
  LeaveQueue(job, woken);
  finished_.push_back(job);
  ReportUnfinished();
  if (options_.metrics != nullptr) options_.metrics->Ended(job->status());
  result_bytes_ += job->bytes();
  // The newest stays: somebody may be about to fetch it.
  while (finished_.size() > 1 && (finished_.size() > options_.max_finished || result_bytes_ > options_.max_result_bytes)) {
    Forget(finished_.begin());
  }
}

void JobTable::ReportUnfinished() {
  if (options_.metrics == nullptr) return;
  options_.metrics->SetUnfinished(queued_.size(), jobs_.size() - queued_.size() - finished_.size());
}

void JobTable::Forget(Jobs::iterator finished) {
  result_bytes_ -= (*finished)->bytes();
  jobs_.erase((*finished)->id());
  finished_.erase(finished);
}

void JobTable::ForgetExpired() {
  const absl::Duration now = clock_->Now();
  while (!finished_.empty() && now - finished_.front()->finished_at() >= options_.lifetime) Forget(finished_.begin());
}

JobRun::~JobRun() { Finish(absl::InternalError("the job was given up")); }

}  // namespace unclip::gateway
