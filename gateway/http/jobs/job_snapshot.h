// What can be told of a job.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_SNAPSHOT_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_SNAPSHOT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/image_task.h"
#include "gateway/http/jobs/answer_writer.h"
#include "unclip/common/v1/progress.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

enum class JobStatus { kQueued, kRunning, kSucceeded, kFailed, kCancelled };

// Whether nothing more will happen.
inline bool IsFinal(JobStatus status) { return status != JobStatus::kQueued && status != JobStatus::kRunning; }

// As it is called in answers and metrics: "queued".
inline absl::string_view JobStatusName(JobStatus status) {
  switch (status) {
    case JobStatus::kQueued:
      return "queued";
    case JobStatus::kRunning:
      return "running";
    case JobStatus::kSucceeded:
      return "succeeded";
    case JobStatus::kFailed:
      return "failed";
    case JobStatus::kCancelled:
      return "cancelled";
  }
  return "";
}

struct JobProgress {
  double fraction = 0;                                      // of the whole job, 0 to 1
  common::v1::Stage stage = common::v1::STAGE_UNSPECIFIED;  // of the picture that came a step further
  int step = 0;                                             // done in this stage
  int step_count = 0;                                       // that this stage takes
  int image_index = 0;                                      // which picture
  std::optional<absl::Duration> remaining = std::nullopt;   // estimated; nothing before the first step and after the end
};

// A job at one time.
struct JobSnapshot {
  std::string id = {};
  ImageTask kind = ImageTask::kGeneration;
  JobStatus status = JobStatus::kQueued;
  absl::Time created_at = {};
  std::optional<absl::Time> started_at = std::nullopt;
  std::optional<absl::Time> finished_at = std::nullopt;
  std::optional<absl::Time> expires_at = std::nullopt;
  std::optional<int> queue_position = std::nullopt;  // how many are ahead, while queued
  JobProgress progress = {};
  std::vector<AnswerWriter::Picture> images = {};  // those that are finished, in the request's order
  std::vector<v1::Warning> warnings = {};
  absl::Status error = {};                          // why it failed or was cancelled
  std::shared_ptr<const AnswerWriter> writer = {};  // never null
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_SNAPSHOT_H_
