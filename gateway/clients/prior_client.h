// The gateway's view of the prior service.
#ifndef UNCLIP_GATEWAY_CLIENTS_PRIOR_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_PRIOR_CLIENT_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "gateway/clients/upstream_call.h"
#include "gateway/request_context.h"
#include "unclip/prior/v1/prior_service.pb.h"

namespace unclip::gateway {

// Errors are those of CallUpstream(). Thread-safe; calls block.
class PriorClient {
 public:
  // Called after each denoising step, on the calling thread; starts anew when the call is issued again.
  using ProgressCallback = std::function<void(const common::v1::StageProgress& progress)>;

  virtual ~PriorClient() = default;

  // Draws candidates; INTERNAL when the service ends without them.
  virtual absl::StatusOr<prior::v1::SamplePriorResult> SamplePrior(const RequestContext& request,
                                                                   const prior::v1::SamplePriorRequest& message,
                                                                   const ProgressCallback& on_progress) = 0;

  virtual absl::StatusOr<prior::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) = 0;
};

// Calls the service over `channel`.
std::unique_ptr<PriorClient> NewPriorClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_PRIOR_CLIENT_H_
