#include "services/decoder/decoder_service.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "common/rpc/deadline.h"
#include "common/rpc/proto_duration.h"
#include "common/rpc/status_conversion.h"
#include "common/server/call_record.h"
#include "services/decoder/decoder_conversion.h"

namespace unclip::decoder {
namespace {

void AddTiming(common::v1::Stage stage, absl::Duration waited, absl::Duration ran, v1::DecodeImageResult* result) {
  common::v1::StageTiming& timing = *result->add_timings();
  timing.set_stage(stage);
  *timing.mutable_queue_duration() = ToProtoDuration(waited);
  *timing.mutable_run_duration() = ToProtoDuration(ran);
}

}  // namespace

// A DecodeImage call from its arrival to its end. `stream` and `context` live until the stream ends.
struct DecoderService::Call {
  Call(grpc::CallbackServerContext* call_context, RpcMetrics* metrics, const Clock* clock)
      : record("DecodeImage", *call_context, metrics, clock), context(call_context) {}

  CallRecord record;
  grpc::CallbackServerContext* const context;
  ResponseStream<v1::DecodeImageResponse>* const stream = new ResponseStream<v1::DecodeImageResponse>;  // deletes itself
  DecoderEngine* engine = nullptr;
  DecodeOrder order;
  std::optional<v1::DecodeImageResponse> result;
};

DecoderService::DecoderService(const DecoderServiceOptions& options, DecoderMetrics* metrics)
    : clock_(options.clock),
      metrics_(metrics),
      host_({.name = "decoder",
             .capacity = options.queue_capacity,
             .clock = options.clock,
             .on_length = [metrics](int length) { metrics->model.SetQueueLength(length); },
             .on_start = [metrics](absl::Duration waited) { metrics->model.JobStarted(waited); }}) {}

absl::Status DecoderService::Load(std::function<absl::StatusOr<std::unique_ptr<DecoderEngine>>()> load) {
  const absl::Duration start = clock_->Now();
  RETURN_IF_ERROR(host_.Load(std::move(load)));
  ASSIGN_OR_RETURN(const DecoderEngine* const engine, host_.engine());
  const DecoderModelInfo& info = engine->info();
  metrics_->model.ModelLoaded(info.checkpoint_name, info.fingerprint, info.dtype, info.parameter_count, clock_->Now() - start);
  return absl::OkStatus();
}

grpc::ServerWriteReactor<v1::DecodeImageResponse>* DecoderService::DecodeImage(grpc::CallbackServerContext* context,
                                                                               const v1::DecodeImageRequest* request) {
  const auto call = std::make_shared<Call>(context, &metrics_->rpc, clock_);
  if (const absl::Status status = Submit(call, *request); !status.ok()) End(*call, status);
  return call->stream;
}

absl::Status DecoderService::Submit(const std::shared_ptr<Call>& call, const v1::DecodeImageRequest& request) {
  RETURN_IF_ERROR(call->record.status());
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  ASSIGN_OR_RETURN(call->order, ToDecodeOrder(request, call->engine->info()));
  const auto ticket = std::make_shared<JobTicket>(DeadlineOf(*call->context, *clock_));
  call->stream->set_on_cancel([this, ticket] { host_.queue().Cancel(ticket); });
  return host_.queue().Submit(ticket, {.run = [this, call](const JobContext& job) { return Run(*call, job); },
                                       .done = [call](const absl::Status& status) { End(*call, status); }});
}

absl::Status DecoderService::Run(Call& call, const JobContext& job) {
  ASSIGN_OR_RETURN(const DecodedImage decoded, call.engine->Decode(call.order.input, [&](DecodeProgress progress) {
    return SendStep(call, job, std::move(progress));
  }));
  v1::DecodeImageResult& result = *call.result.emplace().mutable_result();
  const absl::Duration encode_start = clock_->Now();
  ASSIGN_OR_RETURN(*result.mutable_image(), ToEncodedImage(decoded.image, call.order.format));
  const absl::Duration encode_duration = clock_->Now() - encode_start;

  metrics_->model.StageDone(DecoderMetrics::kDecoderStage, decoded.decoder_duration);
  AddTiming(common::v1::STAGE_DECODER, job.queue_duration(), decoded.decoder_duration, &result);
  if (!call.order.input.super_res_step_counts.empty()) {
    metrics_->model.StageDone(DecoderMetrics::kSuperResStage, decoded.super_res_duration);
    AddTiming(common::v1::STAGE_SUPER_RES, absl::ZeroDuration(), decoded.super_res_duration, &result);
  }
  metrics_->model.StageDone(DecoderMetrics::kEncodeStage, encode_duration);
  AddTiming(common::v1::STAGE_ENCODE, absl::ZeroDuration(), encode_duration, &result);
  return absl::OkStatus();
}

absl::Status DecoderService::SendStep(Call& call, const JobContext& job, DecodeProgress progress) {
  metrics_->model.StepDone(progress.stage == 0 ? DecoderMetrics::kDecoderStage : DecoderMetrics::kSuperResStage);
  RETURN_IF_ERROR(job.Check());
  v1::DecodeImageResponse response;
  *response.mutable_progress() = ToProgressProto(progress);
  if (progress.preview.has_value()) {
    ASSIGN_OR_RETURN(*response.mutable_progress()->mutable_preview(), ToEncodedImage(*progress.preview, call.order.format));
  }
  call.stream->SendProgress(std::move(response), /*keep=*/progress.preview.has_value());
  return absl::OkStatus();
}

void DecoderService::End(Call& call, const absl::Status& status) {
  call.record.End(status);
  const grpc::Status converted = ToGrpcStatus(status, call.context);
  call.stream->End(std::move(call.result), converted);
}

grpc::ServerUnaryReactor* DecoderService::GetModelInfo(grpc::CallbackServerContext* context,
                                                       const v1::GetModelInfoRequest* /*request*/,
                                                       v1::GetModelInfoResponse* response) {
  CallRecord record("GetModelInfo", *context, &metrics_->rpc, clock_);
  const absl::StatusOr<DecoderEngine*> engine = host_.engine();
  const absl::Status status = record.status().ok() ? engine.status() : record.status();
  if (status.ok()) *response = ToModelInfoResponse((*engine)->info());
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::decoder
