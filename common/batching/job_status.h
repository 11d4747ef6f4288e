// How far a request has come, to be read while it is worked on.
#ifndef UNCLIP_COMMON_BATCHING_JOB_STATUS_H_
#define UNCLIP_COMMON_BATCHING_JOB_STATUS_H_

#include <atomic>
#include <string>
#include <utility>

namespace unclip {

// Thread-safe. Each number is right by itself; a reader may see a new one beside an old one.
struct JobStatus {
  JobStatus(std::string request, std::string trace) : request_id(std::move(request)), trace_id(std::move(trace)) {}

  const std::string request_id;
  const std::string trace_id;
  std::atomic<const char*> stage = "";  // a literal; "" before the first
  std::atomic<int> step = 0;            // steps done in the stage
  std::atomic<int> step_count = 0;      // of the stage; 0: it has no steps, or they are not known yet
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_JOB_STATUS_H_
