// unclip.gateway.v1.ImageGenerationService: parses, hands to the dispatcher, converts, counts.
//
// On gRPC's callback API, because it tells at once when a caller leaves; the work itself blocks on the dispatcher's threads.
// Requests are taken as raw bytes and parsed here, since gRPC would answer INTERNAL to a prompt that is
// not UTF-8.
#ifndef UNCLIP_GATEWAY_IMAGE_GENERATION_SERVICE_H_
#define UNCLIP_GATEWAY_IMAGE_GENERATION_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "gateway/active_call.h"
#include "gateway/gateway_metrics.h"
#include "gateway/generation_dispatcher.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"

namespace unclip::gateway {

// The pointers must outlive the service.
struct ImageGenerationServiceOptions {
  GenerationDispatcher* dispatcher = nullptr;
  GatewayMetrics* metrics = nullptr;
  const Clock* clock = &Clock::Real();
  absl::Duration default_deadline = absl::Minutes(10);  // for callers that set none
};

class ImageGenerationService final
    : public v1::ImageGenerationService::WithRawCallbackMethod_GenerateImage<
          v1::ImageGenerationService::WithRawCallbackMethod_StreamGenerateImage<
              v1::ImageGenerationService::WithCallbackMethod_GetCapabilities<v1::ImageGenerationService::Service>>> {
 public:
  explicit ImageGenerationService(const ImageGenerationServiceOptions& options) : options_(options) {}

  grpc::ServerUnaryReactor* GenerateImage(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamGenerateImage(grpc::CallbackServerContext* context,
                                                                  const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* GetCapabilities(grpc::CallbackServerContext* context, const v1::GetCapabilitiesRequest* request,
                                            v1::GetCapabilitiesResponse* response) override;

 private:
  // Parses `bytes` as `Message`, validates it and takes the call in.
  template <typename Message>
  absl::StatusOr<AdmittedRequest> Admit(const std::shared_ptr<ActiveCall>& call, const grpc::ByteBuffer& bytes);

  std::shared_ptr<ActiveCall> NewCall(const char* rpc, grpc::ServerContextBase* context) const;

  const ImageGenerationServiceOptions options_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_IMAGE_GENERATION_SERVICE_H_
