#include "services/clip/clip_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/batching/job_trail.h"
#include "common/image/image_codec.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message_parser.h"
#include "common/rpc/status_conversion.h"
#include "common/rpc/unary_response.h"
#include "common/server/call_record.h"
#include "services/clip/clip_conversion.h"

namespace unclip::clip {

// A call from its arrival to its end. `reactor`, `context` and the call's request and response live until the reactor has
// finished.
struct ClipService::Call {
  Call(absl::string_view method, grpc::CallbackServerContext* call_context, RpcMetrics* metrics, const Clock* clock)
      : record(method, *call_context, metrics, clock), context(call_context) {}

  CallRecord record;
  JobTrail trail{record.request_id(), record.trace()};
  grpc::CallbackServerContext* const context;
  UnaryResponse* const reactor = new UnaryResponse;  // deletes itself
  ClipEngine* engine = nullptr;
};

ClipService::ClipService(const ClipServiceOptions& options, ClipMetrics* metrics)
    : options_(options),
      clock_(options.clock),
      metrics_(metrics),
      host_({.name = "clip",
             .capacity = options.queue_capacity,
             .clock = options.clock,
             .on_length = [metrics](int length) { metrics->model.SetQueueLength(length); },
             .on_start = [metrics](absl::Duration waited) { metrics->model.JobStarted(waited); },
             .metrics = &metrics->queue}) {}

absl::Status ClipService::Load(std::function<absl::StatusOr<std::unique_ptr<ClipEngine>>()> load) {
  const absl::Duration start = clock_->Now();
  RETURN_IF_ERROR(host_.Load(std::move(load)));
  ASSIGN_OR_RETURN(const ClipEngine* const engine, host_.engine());
  const ClipModelInfo& info = engine->info();
  metrics_->model.ModelLoaded(info.checkpoint_name, info.fingerprint, info.dtype, info.parameter_count, clock_->Now() - start);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ClipService::EmbedText(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) {
  const auto call = std::make_shared<Call>("unclip.clip.v1.ClipService/EmbedText", context, &metrics_->rpc, clock_);
  if (const absl::Status status = StartEmbedText(call, *request, response); !status.ok()) End(*call, status);
  return call->reactor;
}

absl::Status ClipService::StartEmbedText(const std::shared_ptr<Call>& call, const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer* response) {
  RETURN_IF_ERROR(call->record.status());
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kLoading, host_.engine().status()));
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  v1::EmbedTextRequest message;
  RETURN_IF_ERROR(ParseMessage(request, &message));
  ASSIGN_OR_RETURN(std::vector<std::string> prompts, ToPrompts(message));
  return Submit(call, ClipMetrics::kEmbedTextStage,
                [this, response, prompts = std::move(prompts)](Call& running, const JobContext& job) -> absl::Status {
                  const absl::Duration start = clock_->Now();
                  running.trail.Enter(ClipMetrics::kEmbedTextStage);
                  v1::EmbedTextResponse answer;
                  for (const std::string& prompt : prompts) {
                    RETURN_IF_ERROR(job.Check());
                    ASSIGN_OR_RETURN(const TextEmbedding embedding, running.engine->EmbedText(prompt));
                    metrics_->model.StepDone(ClipMetrics::kEmbedTextStage);
                    *answer.add_embeddings() = ToTextEmbeddingProto(embedding);
                  }
                  metrics_->model.StageDone(ClipMetrics::kEmbedTextStage, clock_->Now() - start);
                  return SerializeMessage(answer, response);
                });
}

grpc::ServerUnaryReactor* ClipService::EmbedImage(grpc::CallbackServerContext* context, const v1::EmbedImageRequest* request,
                                                  v1::EmbedImageResponse* response) {
  const auto call = std::make_shared<Call>("unclip.clip.v1.ClipService/EmbedImage", context, &metrics_->rpc, clock_);
  if (const absl::Status status = StartEmbedImage(call, *request, response); !status.ok()) End(*call, status);
  return call->reactor;
}

absl::Status ClipService::StartEmbedImage(const std::shared_ptr<Call>& call, const v1::EmbedImageRequest& request,
                                          v1::EmbedImageResponse* response) {
  RETURN_IF_ERROR(call->record.status());
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kLoading, host_.engine().status()));
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  if (!call->engine->info().embeds_images) return absl::UnimplementedError("the checkpoint has no image encoder");
  if (request.image().empty()) return absl::InvalidArgumentError("image is empty; it must be a PNG, JPEG or WebP file");
  // Decoded on the worker thread: one picture in memory at a time, however many wait.
  return Submit(call, ClipMetrics::kEmbedImageStage,
                [this, &request, response](Call& running, const JobContext& job) -> absl::Status {
                  running.trail.Enter(ClipMetrics::kEmbedImageStage);
                  absl::StatusOr<RgbImage> image = DecodeImage(request.image(), options_.image_limits);
                  if (!image.ok()) return absl::Status(image.status().code(), absl::StrCat("image: ", image.status().message()));
                  RETURN_IF_ERROR(job.Check());
                  const absl::Duration start = clock_->Now();
                  ASSIGN_OR_RETURN(const std::vector<float> embedding, running.engine->EmbedImage(*image));
                  metrics_->model.StepDone(ClipMetrics::kEmbedImageStage);
                  metrics_->model.StageDone(ClipMetrics::kEmbedImageStage, clock_->Now() - start);
                  response->mutable_embedding()->mutable_values()->Add(embedding.begin(), embedding.end());
                  return absl::OkStatus();
                });
}

absl::Status ClipService::Submit(const std::shared_ptr<Call>& call, const char* stage, Work work) {
  call->trail.Queued();
  const auto ticket = std::make_shared<JobTicket>(DeadlineOf(*call->context, *clock_), call->trail.status());
  call->reactor->set_on_cancel([this, ticket] { host_.queue().Cancel(ticket); });
  return host_.queue().Submit(ticket, {.run = [call, work = std::move(work)](const JobContext& job) { return work(*call, job); },
                                       .done = [call](const absl::Status& status) { End(*call, status); },
                                       .stage = stage});
}

void ClipService::End(Call& call, const absl::Status& status) {
  call.trail.End(status);
  call.record.End(status);
  call.reactor->Finish(ToGrpcStatus(status, call.context));
}

grpc::ServerUnaryReactor* ClipService::GetModelInfo(grpc::CallbackServerContext* context,
                                                    const v1::GetModelInfoRequest* /*request*/,
                                                    v1::GetModelInfoResponse* response) {
  CallRecord record("unclip.clip.v1.ClipService/GetModelInfo", *context, &metrics_->rpc, clock_);
  const absl::StatusOr<ClipEngine*> engine = host_.engine();
  const absl::Status status = record.status().ok() ? engine.status() : record.status();
  if (status.ok()) *response = ToModelInfoResponse((*engine)->info());
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::clip
