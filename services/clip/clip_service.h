// The gRPC face of CLIP: validates, converts, schedules, converts, counts. No maths.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_SERVICE_H_
#define UNCLIP_SERVICES_CLIP_CLIP_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "common/batching/engine_host.h"
#include "common/batching/held_requests.h"
#include "common/debug/debug_request.h"
#include "common/image/image_limits.h"
#include "services/clip/clip_engine.h"
#include "services/clip/clip_metrics.h"
#include "unclip/clip/v1/clip_service.grpc.pb.h"

namespace unclip::clip {

struct ClipServiceOptions {
  int queue_capacity = 64;              // requests that may wait besides the one that runs; ≥ 1
  const Clock* clock = &Clock::Real();  // must outlive the service
  ImageLimits image_limits = {};        // what EmbedImage accepts
};

// EmbedText takes raw bytes, so that a prompt that is not UTF-8 is INVALID_ARGUMENT and not gRPC's INTERNAL.
using ClipServiceBase = v1::ClipService::WithRawCallbackMethod_EmbedText<
    v1::ClipService::WithCallbackMethod_EmbedImage<v1::ClipService::WithCallbackMethod_GetModelInfo<v1::ClipService::Service>>>;

// Answers UNAVAILABLE until Load() has succeeded. Each request runs alone, on one worker thread, and leaves before its next
// prompt when its caller does. Thread-safe. Must outlive the server it is registered with.
class ClipService final : public ClipServiceBase {
 public:
  // `metrics` must outlive the service.
  ClipService(const ClipServiceOptions& options, ClipMetrics* metrics);

  // Loads the engine on the worker thread and waits for it. Call once. The error of `load`.
  absl::Status Load(std::function<absl::StatusOr<std::unique_ptr<ClipEngine>>()> load);

  // Refuses new requests, finishes what is held within `grace`, then ends the rest with UNAVAILABLE.
  void Drain(absl::Duration grace) { host_.queue().Shutdown(grace); }

  // What it holds, for the debug page.
  std::vector<DebugRequest> Requests() { return HeldRequests(host_.queue()); }

  grpc::ServerUnaryReactor* EmbedText(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* EmbedImage(grpc::CallbackServerContext* context, const v1::EmbedImageRequest* request,
                                       v1::EmbedImageResponse* response) override;
  grpc::ServerUnaryReactor* GetModelInfo(grpc::CallbackServerContext* context, const v1::GetModelInfoRequest* request,
                                         v1::GetModelInfoResponse* response) override;

 private:
  struct Call;
  using Work = std::function<absl::Status(Call& call, const JobContext& job)>;

  // Runs `work` on the worker thread, then ends the call with its status.
  absl::Status Submit(const std::shared_ptr<Call>& call, const char* stage, Work work);
  static void End(Call& call, const absl::Status& status);

  absl::Status StartEmbedText(const std::shared_ptr<Call>& call, const grpc::ByteBuffer& request, grpc::ByteBuffer* response);
  absl::Status StartEmbedImage(const std::shared_ptr<Call>& call, const v1::EmbedImageRequest& request,
                               v1::EmbedImageResponse* response);

  const ClipServiceOptions options_;
  const Clock* const clock_;
  ClipMetrics* const metrics_;
  EngineHost<ClipEngine> host_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_SERVICE_H_
