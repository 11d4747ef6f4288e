// The gateway's view of the clip service.
#ifndef UNCLIP_GATEWAY_CLIENTS_CLIP_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_CLIP_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/clients/upstream_call.h"
#include "gateway/request_context.h"
#include "unclip/clip/v1/clip_service.pb.h"

namespace unclip::gateway {

// Errors are those of CallUpstream(). Thread-safe; calls block.
class ClipClient {
 public:
  virtual ~ClipClient() = default;

  // Embeds `prompts`; INTERNAL when the answer does not hold one embedding for each.
  virtual absl::StatusOr<clip::v1::EmbedTextResponse> EmbedText(const RequestContext& request,
                                                                const std::vector<std::string>& prompts) = 0;

  // Embeds the picture in `file`.
  virtual absl::StatusOr<clip::v1::EmbedImageResponse> EmbedImage(const RequestContext& request, const std::string& file) = 0;

  virtual absl::StatusOr<clip::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) = 0;
};

// Calls the service over `channel`.
std::unique_ptr<ClipClient> NewClipClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_CLIP_CLIENT_H_
