#include "gateway/clients/prior_client.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "unclip/prior/v1/prior_service.grpc.pb.h"

namespace unclip::gateway {
namespace {

class GrpcPriorClient final : public PriorClient {
 public:
  GrpcPriorClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel)
      : upstream_(std::move(upstream)), stub_(prior::v1::PriorService::NewStub(channel)) {}

  absl::StatusOr<prior::v1::SamplePriorResult> SamplePrior(const RequestContext& request,
                                                           const prior::v1::SamplePriorRequest& message,
                                                           const ProgressCallback& on_progress) override {
    std::optional<prior::v1::SamplePriorResult> result;
    const auto on_message = [&](prior::v1::SamplePriorResponse response) {
      if (response.has_progress()) on_progress(response.progress());
      if (response.has_result()) result = std::move(*response.mutable_result());
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(
        CallUpstream(upstream_, "unclip.prior.v1.PriorService/SamplePrior", request, [&](grpc::ClientContext* context) {
          result.reset();
          return ReadStream<prior::v1::SamplePriorResponse>(*stub_->SamplePrior(context, message), context, on_message);
        }));
    if (!result.has_value()) return absl::InternalError("the prior service ended its stream without a result");
    return *std::move(result);
  }

  absl::StatusOr<prior::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) override {
    prior::v1::GetModelInfoResponse response;
    RETURN_IF_ERROR(CallUpstream(
        upstream_, "unclip.prior.v1.PriorService/GetModelInfo", request,
        [&](grpc::ClientContext* context) { return CallOutcome{.status = stub_->GetModelInfo(context, {}, &response)}; }));
    return response;
  }

 private:
  const UpstreamName upstream_;
  const std::unique_ptr<prior::v1::PriorService::Stub> stub_;
};

}  // namespace

std::unique_ptr<PriorClient> NewPriorClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcPriorClient>(std::move(upstream), channel);
}

}  // namespace unclip::gateway
