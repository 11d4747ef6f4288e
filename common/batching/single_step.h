// Work that is one step, as a job of a WorkQueue.
#ifndef UNCLIP_COMMON_BATCHING_SINGLE_STEP_H_
#define UNCLIP_COMMON_BATCHING_SINGLE_STEP_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "common/batching/job_ticket.h"
#include "common/batching/step_job.h"

namespace unclip {

// A job of a single step that is never computed with another.
struct Job {
  // Does the work, on the worker thread; its result is handed to `done`, which is called right after on the same thread.
  std::function<absl::Status(const JobContext& context)> run;

  // As StepJob::Done().
  std::function<void(const absl::Status& status)> done;

  // Whether it is a request like others; else (loading a model) its times tell nothing of theirs, and are not reported or learnt
  // from.
  bool is_request = true;

  // A literal: what the step is counted as.
  const char* stage = "";
};

// `job` as a StepJob.
std::shared_ptr<StepJob> MakeStepJob(Job job);

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_SINGLE_STEP_H_
