#include "gateway/clients/decoder_client.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "unclip/decoder/v1/decoder_service.grpc.pb.h"

namespace unclip::gateway {
namespace {

class GrpcDecoderClient final : public DecoderClient {
 public:
  GrpcDecoderClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel)
      : upstream_(std::move(upstream)), stub_(decoder::v1::DecoderService::NewStub(channel)) {}

  absl::StatusOr<decoder::v1::DecodeImageResult> DecodeImage(const RequestContext& request,
                                                             const decoder::v1::DecodeImageRequest& message,
                                                             const ProgressCallback& on_progress) override {
    std::optional<decoder::v1::DecodeImageResult> result;
    const auto on_message = [&](decoder::v1::DecodeImageResponse response) -> absl::Status {
      if (response.has_progress()) return on_progress(std::move(*response.mutable_progress()));
      if (response.has_result()) result = std::move(*response.mutable_result());
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(
        CallUpstream(upstream_, "unclip.decoder.v1.DecoderService/DecodeImage", request, [&](grpc::ClientContext* context) {
          result.reset();
          return ReadStream<decoder::v1::DecodeImageResponse>(*stub_->DecodeImage(context, message), context, on_message);
        }));
    if (!result.has_value()) return absl::InternalError("the decoder service ended its stream without a picture");
    return *std::move(result);
  }

  absl::StatusOr<decoder::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) override {
    decoder::v1::GetModelInfoResponse response;
    RETURN_IF_ERROR(CallUpstream(
        upstream_, "unclip.decoder.v1.DecoderService/GetModelInfo", request,
        [&](grpc::ClientContext* context) { return CallOutcome{.status = stub_->GetModelInfo(context, {}, &response)}; }));
    return response;
  }

 private:
  const UpstreamName upstream_;
  const std::unique_ptr<decoder::v1::DecoderService::Stub> stub_;
};

}  // namespace

std::unique_ptr<DecoderClient> NewDecoderClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcDecoderClient>(std::move(upstream), channel);
}

}  // namespace unclip::gateway
