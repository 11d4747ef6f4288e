// The gRPC face of the prior: validates, converts, schedules, converts, counts. No maths.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "common/batching/engine_host.h"
#include "common/batching/held_requests.h"
#include "common/batching/memory_plan.h"
#include "common/batching/step_job.h"
#include "common/batching/step_policy.h"
#include "common/debug/debug_request.h"
#include "common/rpc/response_stream.h"
#include "common/server/call_record.h"
#include "services/prior/prior_engine.h"
#include "services/prior/prior_metrics.h"
#include "unclip/prior/v1/prior_service.grpc.pb.h"

namespace unclip::prior {

struct PriorServiceOptions {
  int queue_capacity = 64;              // requests that may wait for their first step; ≥ 1
  Batching batching = Batching::kStep;  // see StepPolicy
  bool deadlines_first = false;         // likewise
  // Bytes of tensors that requests may take, ≥ 0; called once the model is loaded. Null: as many as they want.
  std::function<int64_t()> memory_limit = nullptr;
  const Clock* clock = &Clock::Real();  // must outlive the service
};

// Answers UNAVAILABLE until Load() has succeeded. Requests join and leave the worker thread's batch at any step, and leave when
// their caller does. Progress is written as fast as the client reads: a slow one misses steps, never the result. Thread-safe.
// Must outlive the server it is registered with.
class PriorService final : public v1::PriorService::CallbackService {
 public:
  // `metrics` must outlive the service.
  PriorService(const PriorServiceOptions& options, PriorMetrics* metrics);

  // Loads the engine on the worker thread and waits for it. Call once. The error of `load`.
  absl::Status Load(std::function<absl::StatusOr<std::unique_ptr<PriorEngine>>()> load);

  // Refuses new requests, finishes what is held within `grace`, then ends the rest with UNAVAILABLE.
  void Drain(absl::Duration grace) { host_.queue().Shutdown(grace); }

  // What it holds, for the debug page.
  std::vector<DebugRequest> Requests() { return HeldRequests(host_.queue()); }

  grpc::ServerWriteReactor<v1::SamplePriorResponse>* SamplePrior(grpc::CallbackServerContext* context,
                                                                 const v1::SamplePriorRequest* request) override;
  grpc::ServerUnaryReactor* GetModelInfo(grpc::CallbackServerContext* context, const v1::GetModelInfoRequest* request,
                                         v1::GetModelInfoResponse* response) override;

 private:
  using SampleStream = ResponseStream<v1::SamplePriorResponse>;
  struct SampleCall;

  absl::Status Submit(const std::shared_ptr<SampleCall>& call, const v1::SamplePriorRequest& request);
  static std::vector<absl::Status> StepCalls(absl::Span<StepJob* const> jobs);

  void Plan(const PriorModelInfo& info);

  const PriorServiceOptions options_;
  const Clock* const clock_;
  PriorMetrics* const metrics_;
  MemoryPlan plan_;  // written before the engine is there, constant from then on
  EngineHost<PriorEngine> host_;
};

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_SERVICE_H_
