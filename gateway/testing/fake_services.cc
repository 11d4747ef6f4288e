#include "gateway/testing/fake_services.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace unclip::gateway {

void WaitUntilCancelled(const grpc::ServerContext& context) {
  while (!context.IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
}

grpc::Status FakeClipService::EmbedText(grpc::ServerContext* context, const clip::v1::EmbedTextRequest* request,
                                        clip::v1::EmbedTextResponse* response) {
  log.Add(*request, *context);
  if (grpc::Status status = on_embed(*context); !status.ok()) return status;
  *response = FakeEmbedText(*request);
  return grpc::Status::OK;
}

grpc::Status FakeClipService::EmbedImage(grpc::ServerContext* context, const clip::v1::EmbedImageRequest* request,
                                         clip::v1::EmbedImageResponse* response) {
  image_log.Add(*request, *context);
  if (grpc::Status status = on_embed(*context); !status.ok()) return status;
  *response = embed_image(request->image());
  return grpc::Status::OK;
}

grpc::Status FakeClipService::GetModelInfo(grpc::ServerContext* /*context*/, const clip::v1::GetModelInfoRequest* /*request*/,
                                           clip::v1::GetModelInfoResponse* response) {
  *response = info;
  return grpc::Status::OK;
}

grpc::Status FakePriorService::SamplePrior(grpc::ServerContext* context, const Request* request,
                                           grpc::ServerWriter<prior::v1::SamplePriorResponse>* writer) {
  log.Add(*request, *context);
  if (grpc::Status status = on_step(*context, *request, 0); !status.ok()) return status;
  for (int step = 1; step <= request->step_count(); ++step) {
    prior::v1::SamplePriorResponse response;
    response.mutable_progress()->set_stage(common::v1::STAGE_PRIOR);
    response.mutable_progress()->set_step(step);
    response.mutable_progress()->set_step_count(request->step_count());
    if (!request->omit_progress()) writer->Write(response);
    if (grpc::Status status = on_step(*context, *request, step); !status.ok()) return status;
  }
  if (end_without_result) return grpc::Status::OK;
  prior::v1::SamplePriorResponse response;
  *response.mutable_result() = sample(*request);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakePriorService::GetModelInfo(grpc::ServerContext* /*context*/, const prior::v1::GetModelInfoRequest* /*request*/,
                                            prior::v1::GetModelInfoResponse* response) {
  *response = info;
  return grpc::Status::OK;
}

grpc::Status FakeDecoderService::DecodeImage(grpc::ServerContext* context, const Request* request,
                                             grpc::ServerWriter<decoder::v1::DecodeImageResponse>* writer) {
  log.Add(*request, *context);
  if (grpc::Status status = on_step(*context, *request, 0); !status.ok()) return status;
  for (int step = 1; step <= FakeDecodeSteps(*request); ++step) {
    decoder::v1::DecodeImageResponse response;
    *response.mutable_progress() = FakeDecodeProgress(*request, step);
    if (!request->omit_progress() || response.progress().has_preview()) writer->Write(response);
    if (grpc::Status status = on_step(*context, *request, step); !status.ok()) return status;
  }
  decoder::v1::DecodeImageResponse response;
  *response.mutable_result() = decode(*request);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeDecoderService::GetModelInfo(grpc::ServerContext* /*context*/,
                                              const decoder::v1::GetModelInfoRequest* /*request*/,
                                              decoder::v1::GetModelInfoResponse* response) {
  *response = info;
  return grpc::Status::OK;
}

}  // namespace unclip::gateway
