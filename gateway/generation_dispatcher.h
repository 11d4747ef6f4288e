// Lets requests for pictures in and runs them: what the gRPC service and the HTTP server have in common.
#ifndef UNCLIP_GATEWAY_GENERATION_DISPATCHER_H_
#define UNCLIP_GATEWAY_GENERATION_DISPATCHER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/debug/debug_request.h"
#include "common/metrics/rejection_metrics.h"
#include "gateway/active_request.h"
#include "gateway/admission.h"
#include "gateway/generation_observer.h"
#include "gateway/generation_pipeline.h"
#include "gateway/generation_request.h"
#include "gateway/upstreams.h"
#include "gateway/worker_pool.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// The pointers must outlive the dispatcher.
struct GenerationDispatcherOptions {
  const Upstreams* upstreams = nullptr;
  const GenerationPipeline* pipeline = nullptr;
  RejectionMetrics* rejections = nullptr;
  int max_requests = 64;  // worked on at a time; more get RESOURCE_EXHAUSTED
};

// A request that holds one of the places and may be run.
struct AdmittedRequest {
  std::shared_ptr<ActiveRequest> active;
  GenerationRequest request;
  std::shared_ptr<const Capabilities> capabilities;
};

// What the caller does when its request is turned away.
enum class IfRefused {
  kTellUser,  // it counts as a rejection
  kTryAgain,  // it waits: nobody was turned away yet
};

// Thread-safe.
class GenerationDispatcher {
 public:
  explicit GenerationDispatcher(const GenerationDispatcherOptions& options);

  // What the models can do, even while a service is away; see Upstreams.
  absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities() const { return options_.upstreams->capabilities(); }

  // Checks `message` (GenerateImageRequest or StreamGenerateImageRequest) and takes the request in. INVALID_ARGUMENT naming the
  // field; UNAVAILABLE naming the service that is away; RESOURCE_EXHAUSTED with a retry time. What was admitted must be started.
  template <typename Message>
  absl::StatusOr<AdmittedRequest> Admit(std::shared_ptr<ActiveRequest> active, const Message& message,
                                        IfRefused if_refused = IfRefused::kTellUser);

  RejectionMetrics& rejections() const { return *options_.rejections; }

  // What came of a request: what was done otherwise than asked, or the error.
  using Done = std::function<void(absl::StatusOr<std::vector<v1::Warning>> result)>;

  // Runs it on a thread of the dispatcher's. `observer` must live until `done` is called, on that thread, when nothing of the
  // request runs any more and its place is free again.
  void Start(AdmittedRequest admitted, GenerationObserver& observer, Done done);

  // What it works on, for the debug page.
  std::vector<DebugRequest> Requests() const;

  // Refuses new requests, finishes what is held within `grace`, then ends the rest with UNAVAILABLE. No `done` runs any more when
  // this returns.
  void Drain(absl::Duration grace) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status Refuse(IfRefused if_refused, Rejection reason, absl::Status status) const;
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return started_ == 0; }

  const GenerationDispatcherOptions options_;

  absl::Mutex mutex_;
  int started_ ABSL_GUARDED_BY(mutex_) = 0;  // and their `done` has not returned

  Admission admission_;
  WorkerPool request_pool_;  // last: its threads use the rest
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GENERATION_DISPATCHER_H_
