// What happens to a job as server-sent events: GET /v1/jobs/{id}/events.
#ifndef UNCLIP_GATEWAY_HTTP_JOB_EVENT_STREAM_H_
#define UNCLIP_GATEWAY_HTTP_JOB_EVENT_STREAM_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "gateway/http/http_call.h"
#include "gateway/http/jobs/job_subscriber.h"
#include "gateway/http/jobs/job_table.h"

namespace unclip::gateway {

// Writes as fast as the client reads; see PendingJobEvents for what a slow client misses. Lives until the job is final or the
// client leaves.
class JobEventStream final : public std::enable_shared_from_this<JobEventStream> {
 public:
  // Starts to answer `call`. NOT_FOUND when there is no such job.
  static absl::Status Start(absl::string_view id, JobTable* table, std::shared_ptr<HttpCall> call);

  explicit JobEventStream(std::shared_ptr<HttpCall> call) : call_(std::move(call)) {}

 private:
  void OnReady() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnLeave() ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes what comes next, unless a piece is under way.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::shared_ptr<HttpCall> call_;

  absl::Mutex mutex_;
  std::shared_ptr<JobSubscriber> subscriber_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;  // the head
  bool last_sent_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOB_EVENT_STREAM_H_
