// The three services behind a gateway, as gRPC services over made-up models. A test changes how they behave by their hooks, which
// are set before the first call and may be called on several threads at a time.
#ifndef UNCLIP_GATEWAY_TESTING_FAKE_SERVICES_H_
#define UNCLIP_GATEWAY_TESTING_FAKE_SERVICES_H_

#include <grpcpp/server_context.h>

#include <functional>
#include <string>

#include "gateway/testing/call_log.h"
#include "gateway/testing/fake_models.h"
#include "unclip/clip/v1/clip_service.grpc.pb.h"
#include "unclip/decoder/v1/decoder_service.grpc.pb.h"
#include "unclip/prior/v1/prior_service.grpc.pb.h"

namespace unclip::gateway {

// Waits until the caller of `context` is gone. (It polls: gRPC's sync servers tell in no other way.)
void WaitUntilCancelled(const grpc::ServerContext& context);

class FakeClipService final : public clip::v1::ClipService::Service {
 public:
  // Called before the answer; an error ends the call.
  std::function<grpc::Status(grpc::ServerContext&)> on_embed = [](grpc::ServerContext&) { return grpc::Status::OK; };
  std::function<clip::v1::EmbedImageResponse(const std::string& file)> embed_image = FakeEmbedImage;
  clip::v1::GetModelInfoResponse info = FakeClipInfo();
  CallLog<clip::v1::EmbedTextRequest> log;
  CallLog<clip::v1::EmbedImageRequest> image_log;

  grpc::Status EmbedText(grpc::ServerContext* context, const clip::v1::EmbedTextRequest* request,
                         clip::v1::EmbedTextResponse* response) override;
  grpc::Status EmbedImage(grpc::ServerContext* context, const clip::v1::EmbedImageRequest* request,
                          clip::v1::EmbedImageResponse* response) override;
  grpc::Status GetModelInfo(grpc::ServerContext* context, const clip::v1::GetModelInfoRequest* request,
                            clip::v1::GetModelInfoResponse* response) override;
};

class FakePriorService final : public prior::v1::PriorService::Service {
 public:
  using Request = prior::v1::SamplePriorRequest;

  // Called after the progress of each step (from 1) was sent, unless the request omits it, and with 0 before anything is; an
  // error ends the call.
  std::function<grpc::Status(grpc::ServerContext&, const Request&, int)> on_step = [](grpc::ServerContext&, const Request&, int) {
    return grpc::Status::OK;
  };
  std::function<prior::v1::SamplePriorResult(const Request&)> sample = FakeSamplePrior;
  bool end_without_result = false;
  prior::v1::GetModelInfoResponse info = FakePriorInfo();
  CallLog<Request> log;

  grpc::Status SamplePrior(grpc::ServerContext* context, const Request* request,
                           grpc::ServerWriter<prior::v1::SamplePriorResponse>* writer) override;
  grpc::Status GetModelInfo(grpc::ServerContext* context, const prior::v1::GetModelInfoRequest* request,
                            prior::v1::GetModelInfoResponse* response) override;
};

class FakeDecoderService final : public decoder::v1::DecoderService::Service {
 public:
  using Request = decoder::v1::DecodeImageRequest;

  // As FakePriorService's; steps are counted through all stages.
  std::function<grpc::Status(grpc::ServerContext&, const Request&, int)> on_step = [](grpc::ServerContext&, const Request&, int) {
    return grpc::Status::OK;
  };
  std::function<decoder::v1::DecodeImageResult(const Request&)> decode = FakeDecodeImage;
  decoder::v1::GetModelInfoResponse info = FakeDecoderInfo();
  CallLog<Request> log;

  grpc::Status DecodeImage(grpc::ServerContext* context, const Request* request,
                           grpc::ServerWriter<decoder::v1::DecodeImageResponse>* writer) override;
  grpc::Status GetModelInfo(grpc::ServerContext* context, const decoder::v1::GetModelInfoRequest* request,
                            decoder::v1::GetModelInfoResponse* response) override;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_FAKE_SERVICES_H_
