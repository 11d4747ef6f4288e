#include "common/batching/job_trail.h"

#include <cstdint>
#include <utility>

namespace unclip {
namespace {

constexpr int kStepsAnEvent = 10;

}  // namespace

JobTrail::JobTrail(const std::string& request_id, Trace trace)
    : trace_(std::move(trace)), status_(std::make_shared<JobStatus>(request_id, trace_.trace_id())) {}

void JobTrail::Queued() {
  if (trace_.is_recorded()) span_ = trace_.StartSpan("queue");
}

void JobTrail::Enter(const char* stage, int step_count) {
  const bool is_new = absl::string_view(status_->stage.load()) != stage;
  status_->stage = stage;
  status_->step = 0;
  status_->step_count = step_count;
  if (is_new && trace_.is_recorded()) span_ = trace_.StartSpan(stage);
}

void JobTrail::StepDone(int step, int step_count) {
  status_->step.store(step, std::memory_order_relaxed);
  status_->step_count.store(step_count, std::memory_order_relaxed);
  if (!span_.is_recorded() || step % kStepsAnEvent != 0) return;
  span_.AddEvent("step", {{"unclip.step", int64_t{step}}, {"unclip.step_count", int64_t{step_count}}});
}

void JobTrail::End(const absl::Status& status) {
  if (!status.ok()) span_.SetError(absl::StatusCodeToString(status.code()));
  span_.End();
}

}  // namespace unclip
