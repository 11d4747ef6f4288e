#include "gateway/clients/clip_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "unclip/clip/v1/clip_service.grpc.pb.h"

namespace unclip::gateway {
namespace {

class GrpcClipClient final : public ClipClient {
 public:
  GrpcClipClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel)
      : upstream_(std::move(upstream)), stub_(clip::v1::ClipService::NewStub(channel)) {}

  absl::StatusOr<clip::v1::EmbedTextResponse> EmbedText(const RequestContext& request,
                                                        const std::vector<std::string>& prompts) override {
    clip::v1::EmbedTextRequest message;
    for (const std::string& prompt : prompts) message.add_prompts(prompt);
    clip::v1::EmbedTextResponse response;
    RETURN_IF_ERROR(CallUpstream(upstream_, "unclip.clip.v1.ClipService/EmbedText", request, [&](grpc::ClientContext* context) {
      return CallOutcome{.status = stub_->EmbedText(context, message, &response)};
    }));
    if (static_cast<size_t>(response.embeddings_size()) != prompts.size()) {
      return absl::InternalError(
          absl::StrCat("the clip service answered ", response.embeddings_size(), " embeddings to ", prompts.size(), " prompts"));
    }
    return response;
  }

  absl::StatusOr<clip::v1::EmbedImageResponse> EmbedImage(const RequestContext& request, const std::string& file) override {
    clip::v1::EmbedImageRequest message;
    message.set_image(file);
    clip::v1::EmbedImageResponse response;
    RETURN_IF_ERROR(CallUpstream(upstream_, "unclip.clip.v1.ClipService/EmbedImage", request, [&](grpc::ClientContext* context) {
      return CallOutcome{.status = stub_->EmbedImage(context, message, &response)};
    }));
    return response;
  }

  absl::StatusOr<clip::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& request) override {
    clip::v1::GetModelInfoResponse response;
    RETURN_IF_ERROR(CallUpstream(
        upstream_, "unclip.clip.v1.ClipService/GetModelInfo", request,
        [&](grpc::ClientContext* context) { return CallOutcome{.status = stub_->GetModelInfo(context, {}, &response)}; }));
    return response;
  }

 private:
  const UpstreamName upstream_;
  const std::unique_ptr<clip::v1::ClipService::Stub> stub_;
};

}  // namespace

std::unique_ptr<ClipClient> NewClipClient(UpstreamName upstream, const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcClipClient>(std::move(upstream), channel);
}

}  // namespace unclip::gateway
