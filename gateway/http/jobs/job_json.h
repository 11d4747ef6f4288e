// Jobs and what happens to them, as JSON.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_JOB_JSON_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_JOB_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/jobs/job_events.h"
#include "gateway/http/jobs/job_snapshot.h"

namespace unclip::gateway {

// The job object: what GET /v1/jobs/{id} answers. `result` is null unless the job succeeded, `error` unless it failed or was
// cancelled.
std::string JobJson(const JobSnapshot& job);

// What DELETE answers of a finished job: {"id", "object", "deleted"}.
std::string DeletedJobJson(absl::string_view id);

// The event as a text/event-stream has it, blank line and all. A status that is not the last one goes without the result.
std::string JobEventText(const JobEvent& event);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_JOB_JSON_H_
