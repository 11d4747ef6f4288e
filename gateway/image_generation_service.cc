#include "gateway/image_generation_service.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "common/rpc/message_parser.h"
#include "common/rpc/request_id.h"
#include "common/rpc/status_conversion.h"
#include "common/rpc/unary_response.h"
#include "common/server/call_record.h"
#include "gateway/generation_stream.h"
#include "gateway/speed_preset.h"

namespace unclip::gateway {
namespace {

// Keeps the pictures of a unary request, in order.
class ImageCollector final : public GenerationObserver {
 public:
  explicit ImageCollector(int image_count) {
    for (int i = 0; i < image_count; ++i) response_.add_images();
  }

  bool WantsProgress() const override { return false; }
  void OnProgress(v1::GenerationProgress /*progress*/) override {}
  void OnImage(v1::GeneratedImage image) override {
    const int index = image.index();
    *response_.mutable_images(index) = std::move(image);
  }

  v1::GenerateImageResponse& response() { return response_; }

 private:
  v1::GenerateImageResponse response_;
};

template <typename Message>
void AddWarnings(std::vector<v1::Warning> warnings, Message* message) {
  for (v1::Warning& warning : warnings) *message->add_warnings() = std::move(warning);
}

}  // namespace

std::shared_ptr<ActiveCall> ImageGenerationService::NewCall(const char* rpc, grpc::ServerContextBase* context) const {
  return std::make_shared<ActiveCall>(rpc, context, options_.default_deadline, &options_.metrics->rpc(), options_.clock);
}

template <typename Message>
absl::StatusOr<AdmittedRequest> ImageGenerationService::Admit(const std::shared_ptr<ActiveCall>& call,
                                                              const grpc::ByteBuffer& bytes) {
  RETURN_IF_ERROR(call->CheckStart());
  Message message;
  RETURN_IF_ERROR(ParseMessage(bytes, &message));
  return options_.dispatcher->Admit(std::shared_ptr<ActiveRequest>(call, &call->request()), message);
}

grpc::ServerUnaryReactor* ImageGenerationService::GenerateImage(grpc::CallbackServerContext* context,
                                                                const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  std::shared_ptr<ActiveCall> call = NewCall("unclip.gateway.v1.ImageGenerationService/GenerateImage", context);
  auto* const reactor = new UnaryResponse;
  reactor->set_on_cancel([call] { call->request().CallerLeft(); });
  absl::StatusOr<AdmittedRequest> admitted = Admit<v1::GenerateImageRequest>(call, *request);
  if (!admitted.ok()) {
    call->record().End(admitted.status());
    reactor->Finish(ToGrpcStatus(admitted.status(), context));
    return reactor;
  }
  const auto collector = std::make_shared<ImageCollector>(admitted->request.image_count);
  options_.dispatcher->Start(*std::move(admitted), *collector, [=](absl::StatusOr<std::vector<v1::Warning>> warnings) {
    absl::Status status = warnings.status();
    if (status.ok()) {
      collector->response().set_request_id(call->record().request_id());
      AddWarnings(*std::move(warnings), &collector->response());
      status = SerializeMessage(collector->response(), response);
    }
    call->record().End(status);
    reactor->Finish(ToGrpcStatus(status, context));
  });
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ImageGenerationService::StreamGenerateImage(grpc::CallbackServerContext* context,
                                                                                        const grpc::ByteBuffer* request) {
  std::shared_ptr<ActiveCall> call = NewCall("unclip.gateway.v1.ImageGenerationService/StreamGenerateImage", context);
  auto* const stream = new GenerationStream;
  stream->set_on_cancel([call] { call->request().CallerLeft(); });
  absl::StatusOr<AdmittedRequest> admitted = Admit<v1::StreamGenerateImageRequest>(call, *request);
  if (!admitted.ok()) {
    call->record().End(admitted.status());
    stream->End({}, ToGrpcStatus(admitted.status(), context));
    return stream;
  }
  options_.dispatcher->Start(*std::move(admitted), *stream, [=](absl::StatusOr<std::vector<v1::Warning>> warnings) {
    v1::GenerationSummary summary;
    summary.set_request_id(call->record().request_id());
    if (warnings.ok()) AddWarnings(*warnings, &summary);
    call->record().End(warnings.status());
    stream->End(std::move(summary), ToGrpcStatus(warnings.status(), context));
  });
  return stream;
}

grpc::ServerUnaryReactor* ImageGenerationService::GetCapabilities(grpc::CallbackServerContext* context,
                                                                  const v1::GetCapabilitiesRequest* /*request*/,
                                                                  v1::GetCapabilitiesResponse* response) {
  CallRecord record("unclip.gateway.v1.ImageGenerationService/GetCapabilities", *context, &options_.metrics->rpc(),
                    options_.clock);
  context->AddInitialMetadata(kRequestIdKey, record.request_id());
  absl::Status status = record.status();
  if (status.ok()) {
    const absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities = options_.dispatcher->capabilities();
    status = capabilities.status();
    if (status.ok()) {
      *response = CapabilitiesToProto(**capabilities);
      AddSpeeds(**capabilities, response);
    }
  }
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::gateway
