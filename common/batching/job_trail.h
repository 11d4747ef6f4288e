// What a job leaves behind for those who watch: spans of its wait and its stages, and its status.
#ifndef UNCLIP_COMMON_BATCHING_JOB_TRAIL_H_
#define UNCLIP_COMMON_BATCHING_JOB_TRAIL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/batching/job_status.h"
#include "common/trace/span.h"

namespace unclip {

// Spans are "queue", and then one for each stage. Every tenth denoising step is an event of its stage's span rather than a span
// of its own: a step has no part in the request's time that is its own, as it computes the steps of others beside it, and an
// event says what there is to say, that so much was done by then. It also costs a tenth, and cannot outgrow the span
// (kMaxSpanEvents). Without a trace that is recorded, nothing is allocated. One thread at a time, but for status().
class JobTrail {
 public:
  JobTrail(const std::string& request_id, Trace trace);

  // For the job's ticket.
  const std::shared_ptr<JobStatus>& status() const { return status_; }

  // The job is about to be submitted.
  void Queued();

  // It is worked on in `stage`, a literal: what was before it ends. In the stage that it is in already, no more than a new count.
  void Enter(const char* stage, int step_count = 0);

  // So many steps of the stage are done.
  void StepDone(int step, int step_count);

  // It is over.
  void End(const absl::Status& status);

 private:
  const Trace trace_;
  const std::shared_ptr<JobStatus> status_;
  Span span_;  // of what is going on now
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_JOB_TRAIL_H_
