// The gRPC face of the decoder: validates, converts, schedules, converts, counts. No maths.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_SERVICE_H_
#define UNCLIP_SERVICES_DECODER_DECODER_SERVICE_H_

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
#include "services/decoder/decoder_engine.h"
#include "services/decoder/decoder_metrics.h"
#include "unclip/decoder/v1/decoder_service.grpc.pb.h"

namespace unclip::decoder {

struct DecoderServiceOptions {
  int queue_capacity = 64;              // requests that may wait for their first step; ≥ 1
  Batching batching = Batching::kStep;  // see StepPolicy
  bool deadlines_first = false;         // likewise
  // Bytes of tensors that requests may take, ≥ 0; called once the model is loaded. Null: as many as they want.
  std::function<int64_t()> memory_limit = nullptr;
  const Clock* clock = &Clock::Real();  // must outlive the service
};

// Answers UNAVAILABLE until Load() has succeeded. Requests join and leave the worker thread's batch at any step, and leave when
// their caller does. Progress is written as fast as the client reads: a slow one misses steps and all previews but the newest,
// never the picture. Thread-safe. Must outlive the server it is registered with.
class DecoderService final : public v1::DecoderService::CallbackService {
 public:
  // `metrics` must outlive the service.
  DecoderService(const DecoderServiceOptions& options, DecoderMetrics* metrics);

  // Loads the engine on the worker thread and waits for it. Call once. The error of `load`.
  absl::Status Load(std::function<absl::StatusOr<std::unique_ptr<DecoderEngine>>()> load);

  // Refuses new requests, finishes what is held within `grace`, then ends the rest with UNAVAILABLE.
  void Drain(absl::Duration grace) { host_.queue().Shutdown(grace); }

  // What it holds, for the debug page.
  std::vector<DebugRequest> Requests() { return HeldRequests(host_.queue()); }

  grpc::ServerWriteReactor<v1::DecodeImageResponse>* DecodeImage(grpc::CallbackServerContext* context,
                                                                 const v1::DecodeImageRequest* request) override;
  grpc::ServerUnaryReactor* GetModelInfo(grpc::CallbackServerContext* context, const v1::GetModelInfoRequest* request,
                                         v1::GetModelInfoResponse* response) override;

 private:
  struct Call;

  absl::Status Submit(const std::shared_ptr<Call>& call, const v1::DecodeImageRequest& request);
  static std::vector<absl::Status> StepCalls(absl::Span<StepJob* const> jobs);

  void Plan(const DecoderModelInfo& info);

  const DecoderServiceOptions options_;
  const Clock* const clock_;
  DecoderMetrics* const metrics_;
  MemoryPlan plan_;  // written before the engine is there, constant from then on
  EngineHost<DecoderEngine> host_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_SERVICE_H_
