// One request that is worked on while nobody has to wait for it.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/cancellation.h"
#include "gateway/http/jobs/answer_writer.h"
#include "gateway/http/jobs/job_events.h"
#include "gateway/http/jobs/job_snapshot.h"
#include "gateway/http/jobs/job_subscriber.h"
#include "gateway/http/jobs/time_estimator.h"
#include "unclip/common/v1/image.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// What it has come to, and who watches. Queued, then running perhaps, then final for ever; what is reported afterwards is passed
// over. Times called `now` are a Clock's. No lock, but for the cancellation: the job table has one.
class Job {
 public:
  // Those who have to be woken, and perhaps let go of, once no lock is held.
  using Woken = std::vector<std::shared_ptr<JobSubscriber>>;

  Job(std::string id, ImageTask kind, std::shared_ptr<const AnswerWriter> writer, absl::Time created_at);

  const std::string& id() const { return state_.id; }
  JobStatus status() const { return state_.status; }
  Cancellation& cancellation() { return cancellation_; }
  absl::Duration finished_at() const { return finished_at_; }

  // What its pictures take.
  int64_t bytes() const { return bytes_; }

  JobSnapshot Snapshot(absl::Duration now, std::optional<int> queue_position) const;

  // Each is false when the job is final already; SetRunning() also when it runs.
  bool SetRunning(absl::Time wall_now, absl::Duration now, Woken& woken);
  bool AddProgress(v1::GenerationProgress progress, absl::Duration now, Woken& woken);
  bool AddImage(v1::GeneratedImage image, Woken& woken);
  // OK: succeeded; CANCELLED: cancelled; else failed.
  bool Finish(const absl::Status& status, std::vector<v1::Warning> warnings, absl::Time wall_now, absl::Duration now,
              absl::Duration lifetime, Woken& woken);

  // Those who watch learn that the queue moved.
  void MoveInQueue(int queue_position, absl::Duration now, Woken& woken);

  // A new subscriber, to be woken once no lock is held, to whom is told what has come so far: the status, the latest preview of
  // each picture and all finished pictures; the status last if it is final.
  std::shared_ptr<JobSubscriber> Subscribe(std::function<void()> on_event, absl::Duration now, std::optional<int> queue_position);

  bool is_watched() const;

 private:
  bool HasImage(int index) const;
  void Publish(const JobEvent& event, Woken& woken);
  void PublishStatus(absl::Duration now, std::optional<int> queue_position, Woken& woken);

  JobSnapshot state_;  // but for what depends on the time
  TimeEstimator estimator_;
  absl::Duration finished_at_ = {};
  int64_t bytes_ = 0;
  std::map<int, std::shared_ptr<const common::v1::EncodedImage>> previews_;  // the latest of each picture that is not finished
  std::vector<std::weak_ptr<JobSubscriber>> subscribers_;
  Cancellation cancellation_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_H_
