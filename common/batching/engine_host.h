// Holds a service's engine and the one thread that may use it.
#ifndef UNCLIP_COMMON_BATCHING_ENGINE_HOST_H_
#define UNCLIP_COMMON_BATCHING_ENGINE_HOST_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/batching/job_ticket.h"
#include "common/batching/work_queue.h"

namespace unclip {

// The engine is empty until Load() has succeeded; it is loaded, warmed up and later used on the queue's worker thread alone, so
// that LibTorch has one calling thread for the life of the process. Thread-safe.
template <typename Engine>
class EngineHost {
 public:
  explicit EngineHost(WorkQueueOptions options) : name_(options.name), queue_(std::move(options)) {}

  // Runs `load` on the worker thread and waits for it. Call once. The error of `load`, or UNAVAILABLE when shut down meanwhile.
  absl::Status Load(std::function<absl::StatusOr<std::unique_ptr<Engine>>()> load) {
    absl::Notification done;
    absl::Status result;
    Job job;
    job.is_request = false;
    job.run = [&](const JobContext&) -> absl::Status {
      absl::StatusOr<std::unique_ptr<Engine>> engine = load();
      if (!engine.ok()) return engine.status();
      owned_ = *std::move(engine);
      engine_ = owned_.get();
      return absl::OkStatus();
    };
    job.done = [&](const absl::Status& status) {
      result = status;
      done.Notify();
    };
    absl::Status submitted = queue_.Submit(std::make_shared<JobTicket>(absl::InfiniteDuration()), std::move(job));
    if (!submitted.ok()) return submitted;
    done.WaitForNotification();
    return result;
  }

  // The engine; only its constant info may be read off the worker thread. UNAVAILABLE while it is loading.
  absl::StatusOr<Engine*> engine() const {
    Engine* const engine = engine_;
    if (engine == nullptr) return absl::UnavailableError(absl::StrCat(name_, " is loading its model; retry later"));
    return engine;
  }

  WorkQueue& queue() { return queue_; }

 private:
  const std::string name_;
  std::unique_ptr<Engine> owned_;  // written on the worker thread only
  std::atomic<Engine*> engine_ = nullptr;
  WorkQueue queue_;  // last: its thread ends before the engine goes
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_BATCHING_ENGINE_HOST_H_
