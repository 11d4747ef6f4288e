#include "tools/simulate/step_replica.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/status_macros.h"

namespace unclip::simulate {
namespace {

// As in the decoder: steps that cannot share a forward pass have groups of their own, and later stages have greater ones.
constexpr int kGroupsPerStage = 3;
constexpr int kLastStep = 2;

}  // namespace

struct StepReplica::Job {
  uint64_t number = 0;
  std::vector<StageWork> work;
  absl::Duration deadline;
  Done done;
  absl::Duration arrival;
  absl::Duration stage_begin;
  size_t stage = 0;
  int steps_done = 0;  // in its stage
  bool started = false;
  bool stepping = false;
  bool cancelled = false;
  JobResult result;
};

StepReplica::StepReplica(const Options& options, const ServiceProfile* profile, EventQueue* events, CorePool* cores)
    : options_(options), profile_(profile), events_(events), cores_(cores), rules_(profile->name, options.queue_capacity) {
  rules_.SetPolicy(StepPolicy({.batching = options.batching,
                               .max_rows = std::numeric_limits<int>::max(),
                               .max_started = options.max_started,
                               .lanes = profile->stages.front().lane_step.has_value() ? profile->threads : 1,
                               .deadlines_first = options.deadlines_first}));
}

absl::StatusOr<uint64_t> StepReplica::Submit(std::vector<StageWork> work, absl::Duration deadline, Done done) {
  const auto job = std::make_shared<Job>();
  job->number = next_job_;
  job->work = std::move(work);
  job->deadline = deadline;
  job->done = std::move(done);
  job->arrival = events_->now();
  job->result.stages.resize(profile_->stages.size());
  while (job->work[job->stage].steps == 0) ++job->stage;
  RETURN_IF_ERROR(rules_.CheckNewcomer(Candidates(), NeedOf(*job), deadline, events_->now()));
  jobs_.push_back(job);
  // As an event of its own: what arrives at the same time can join, and nobody is called back before this returns.
  if (!stepping_) events_->After(absl::ZeroDuration(), [this] { StepNext(); });
  return next_job_++;
}

void StepReplica::Cancel(uint64_t number) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [number](const auto& job) { return job->number == number; });
  if (found == jobs_.end()) return;
  (*found)->cancelled = true;
  if (!(*found)->stepping) End(std::shared_ptr<Job>(*found), absl::CancelledError());
}

StepNeed StepReplica::NeedOf(const Job& job) const {
  const StageProfile& stage = profile_->stages[job.stage];
  const StageWork& work = job.work[job.stage];
  const bool is_last = stage.last_step_apart && job.steps_done + 1 == work.steps;
  StepNeed need = {.group = kGroupsPerStage * static_cast<int>(job.stage) + (is_last ? kLastStep : 0),
                   .rows = work.rows,
                   .max_rows = stage.max_rows,
                   .step = stage.step.Of(work.rows)};
  for (size_t i = job.stage; i < job.work.size(); ++i) {
    need.remaining += profile_->stages[i].step.Of(job.work[i].rows) * (job.work[i].steps - (i == job.stage ? job.steps_done : 0));
  }
  return need;
}

std::vector<StepCandidate> StepReplica::Candidates() const {
  std::vector<StepCandidate> candidates;
  candidates.reserve(jobs_.size());
  for (const auto& job : jobs_) {
    candidates.push_back({.need = NeedOf(*job), .arrival = job->arrival, .deadline = job->deadline, .started = job->started});
  }
  return candidates;
}

// Ends what was cancelled, is past its deadline or cannot make it any more.
void StepReplica::DropOver() {
  const absl::Duration now = events_->now();
  const size_t held = jobs_.size();
  for (const auto& job : Jobs(jobs_)) {
    if (job->cancelled) {
      End(job, absl::CancelledError());
    } else if (now >= job->deadline) {
      End(job, absl::DeadlineExceededError("the deadline passed"));
    } else if (absl::Status status = rules_.CheckHeld(NeedOf(*job), job->deadline, held, now); !status.ok()) {
      End(job, std::move(status));
    }
  }
}

void StepReplica::StepNext() {
  if (stepping_) return;
  DropOver();
  if (jobs_.empty()) return;
  const absl::Duration now = events_->now();
  Jobs batch;
  absl::Duration starts;
  for (const size_t place : rules_.BeginStep(Candidates(), now)) {
    Job& job = *jobs_[place];
    job.stepping = true;
    if (!job.started) {
      job.started = true;
      job.result.queued = now - job.arrival;
      job.stage_begin = now;
      starts += profile_->job;
    }
    batch.push_back(jobs_[place]);
  }
  stepping_ = true;
  step_begin_ = now;
  ++steps_;
  job_steps_ += static_cast<int64_t>(batch.size());
  cores_->Run(DurationOf(batch) + starts, profile_->threads, [this, batch] { EndStep(batch); });
}

absl::Duration StepReplica::DurationOf(const Jobs& batch) const {
  const size_t lanes = static_cast<size_t>(profile_->threads);
  const StageProfile& first = profile_->stages[batch.front()->stage];
  const int group = NeedOf(*batch.front()).group;
  const bool is_one_group = std::all_of(batch.begin(), batch.end(), [&](const auto& job) { return NeedOf(*job).group == group; });
  const bool has_lanes = lanes > 1 && first.lane_step.has_value();
  if (!has_lanes || (is_one_group && batch.size() % lanes != 0)) return LaneDurationOf(batch, 0, batch.size());
  absl::Duration longest;
  const size_t each = std::max<size_t>(1, batch.size() / lanes);
  for (size_t begin = 0; begin < batch.size(); begin += each) {
    longest = std::max(longest, LaneDurationOf(batch, begin, std::min(batch.size(), begin + each)));
  }
  return longest;
}

// Of the jobs of `batch` from `begin` to `end`, all on one lane; on all threads when they are all of the batch.
absl::Duration StepReplica::LaneDurationOf(const Jobs& batch, size_t begin, size_t end) const {
  const bool is_all = end - begin == batch.size();
  absl::Duration sum;
  for (size_t i = begin; i < end;) {
    const int group = NeedOf(*batch[i]).group;
    const StageProfile& stage = profile_->stages[batch[i]->stage];
    int rows = 0;
    for (; i < end && NeedOf(*batch[i]).group == group; ++i) rows += batch[i]->work[batch[i]->stage].rows;
    sum += (is_all || !stage.lane_step.has_value() ? stage.step : *stage.lane_step).Of(rows);
  }
  return sum;
}

void StepReplica::EndStep(const Jobs& batch) {
  const absl::Duration now = events_->now();
  const absl::Duration took = now - step_begin_;
  busy_ += took;
  computing_ += took;
  stepping_ = false;
  absl::Duration guessed;
  Jobs ended;
  for (const auto& job : batch) {
    guessed += NeedOf(*job).remaining;
    job->stepping = false;
    Advance(*job);
    if (job->stage == job->work.size()) {
      ended.push_back(job);
    } else {
      guessed -= NeedOf(*job).remaining;
    }
  }
  rules_.EndStep(guessed, took, now);
  for (size_t i = 0; i < ended.size(); ++i) rules_.JobEnded(computing_ / static_cast<int64_t>(ended.size()));
  if (!ended.empty()) computing_ = absl::ZeroDuration();
  for (const auto& job : ended) End(job, absl::OkStatus());
  StepNext();
}

// To its next step, in its own or a later stage.
void StepReplica::Advance(Job& job) const {
  if (++job.steps_done < job.work[job.stage].steps) return;
  job.result.stages[job.stage] = events_->now() - job.stage_begin;
  job.stage_begin = events_->now();
  job.steps_done = 0;
  do {
    ++job.stage;
  } while (job.stage < job.work.size() && job.work[job.stage].steps == 0);
}

void StepReplica::End(const std::shared_ptr<Job>& job, absl::Status status) {
  // A callback of another job's end may have cancelled it.
  const auto found = std::find(jobs_.begin(), jobs_.end(), job);
  if (found == jobs_.end()) return;
  jobs_.erase(found);
  job->result.status = std::move(status);
  job->done(job->result);
}

}  // namespace unclip::simulate
