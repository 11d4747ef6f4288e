// What happens to a job, for those who watch.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_EVENTS_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_EVENTS_H_

#include <list>
#include <memory>
#include <optional>
#include <variant>

#include "gateway/http/jobs/answer_writer.h"
#include "gateway/http/jobs/job_snapshot.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip::gateway {

// The status changed, or the place in the queue.
using JobStatusEvent = std::shared_ptr<const JobSnapshot>;

// The running estimate of a picture.
struct JobPreviewEvent {
  int image_index = 0;
  std::shared_ptr<const common::v1::EncodedImage> preview = {};
};

// A picture is finished.
struct JobImageEvent {
  AnswerWriter::Picture image = {};
  std::shared_ptr<const AnswerWriter> writer = {};
};

using JobEvent = std::variant<JobStatusEvent, JobProgress, JobPreviewEvent, JobImageEvent>;

// Whether it is the last one.
bool IsLast(const JobEvent& event);

// Events in the order they are to be sent, never more than a few, however slowly they are: one status, one progress, one preview
// of each picture, of which a newer takes the place of the older, and every finished picture, which takes that of its preview.
// The last status takes the place of all but pictures. No lock: its user has one.
class PendingJobEvents {
 public:
  void Add(JobEvent event);

  // The next event; nothing when all is taken.
  std::optional<JobEvent> Take();

  bool empty() const { return events_.empty(); }

 private:
  std::list<JobEvent> events_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_EVENTS_H_
