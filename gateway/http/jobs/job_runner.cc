#include "gateway/http/jobs/job_runner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/active_request.h"
#include "gateway/cancellation.h"

namespace unclip::gateway {
namespace {

constexpr int kPreviews = 8;

// What passes by itself.
bool IsPassing(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted || status.code() == absl::StatusCode::kUnavailable;
}

}  // namespace

int JobPreviewStepInterval(int decoder_step_count) { return std::max(1, decoder_step_count / kPreviews); }

JobRunner::JobRunner(const JobRunnerOptions& options) : options_(options), thread_([this] { Work(); }) {}

JobRunner::~JobRunner() {
  Stop();
  thread_.join();
}

void JobRunner::Submit(std::shared_ptr<JobRun> run, v1::GenerateImageRequest message, Trace trace) {
  absl::MutexLock lock(&mutex_);
  pending_.push_back({.run = std::move(run), .message = std::move(message), .trace = std::move(trace)});
}

void JobRunner::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

void JobRunner::Work() {
  while (true) {
    Pending next;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &JobRunner::HasWorkOrEnd));
      if (stopping_) return;
      next = std::move(pending_.front());
      pending_.pop_front();
    }
    if (Start(next)) continue;
    absl::MutexLock lock(&mutex_);
    pending_.push_front(std::move(next));
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.retry_interval);
  }
}

bool JobRunner::Start(const Pending& pending) {
  JobRun& run = *pending.run;
  if (!run.cancellation().status().ok()) return true;  // it was cancelled while it waited
  auto active =
      std::make_shared<ActiveRequest>(run.id(), options_.clock->Now() + options_.time_limit, options_.clock, pending.trace);
  absl::StatusOr<AdmittedRequest> admitted = options_.dispatcher->Admit(std::move(active), pending.message, IfRefused::kTryAgain);
  if (admitted.ok()) {
    Run(pending.run, *std::move(admitted));
    return true;
  }
  if (IsPassing(admitted.status())) return false;
  run.Finish(admitted.status());
  return true;
}

void JobRunner::Run(const std::shared_ptr<JobRun>& run, AdmittedRequest admitted) {
  const std::shared_ptr<ActiveRequest> active = admitted.active;
  admitted.request.preview_step_interval = JobPreviewStepInterval(admitted.request.decoder_step_count);
  {
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  // When the job is cancelled, or was between the last look and now, the work hears of it here and ends at once.
  auto hook = std::make_shared<Cancellation::Hook>(&run->cancellation(), [active] { active->CallerLeft(); });
  run->SetRunning();
  options_.dispatcher->Start(std::move(admitted), *run,
                             [this, run, hook](absl::StatusOr<std::vector<v1::Warning>> warnings) mutable {
                               hook.reset();
                               run->Finish(warnings.status(), warnings.ok() ? *std::move(warnings) : std::vector<v1::Warning>());
                               absl::MutexLock lock(&mutex_);
                               --running_;
                             });
}

}  // namespace unclip::gateway
