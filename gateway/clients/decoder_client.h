// The gateway's view of the decoder service.
#ifndef UNCLIP_GATEWAY_CLIENTS_DECODER_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_DECODER_CLIENT_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "gateway/clients/upstream_call.h"
#include "gateway/request_context.h"
#include "unclip/decoder/v1/decoder_service.pb.h"

namespace unclip::gateway {

// Errors are those of CallUpstream(). Thread-safe; calls block.
class DecoderClient {
 public:
  // Called after each denoising step, on the calling thread; starts anew when the call is issued again. Its error ends the call.
  using ProgressCallback = std::function<absl::Status(decoder::v1::DecodeImageProgress progress)>;

  virtual ~DecoderClient() = default;

  // Decodes an embedding; INTERNAL when the service ends without a picture.
  virtual absl::StatusOr<decoder::v1::DecodeImageResult> DecodeImage(const RequestContext& request,
                                                                     const decoder::v1::DecodeImageRequest& message,
                                                                     const ProgressCallback& on_progress) = 0;

  virtual absl::StatusOr<decoder::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) = 0;
};

// Calls the service over `channel`.
std::unique_ptr<DecoderClient> NewDecoderClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_DECODER_CLIENT_H_
