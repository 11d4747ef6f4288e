#include "services/prior/prior_service.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "common/rpc/deadline.h"
#include "common/rpc/proto_duration.h"
#include "common/rpc/status_conversion.h"
#include "services/prior/prior_conversion.h"

namespace unclip::prior {

// A SamplePrior call from its arrival to its end. `stream` and `context` live until the stream ends.
struct PriorService::SampleCall {
  SampleCall(grpc::CallbackServerContext* call_context, RpcMetrics* metrics, const Clock* clock)
      : record("SamplePrior", *call_context, metrics, clock), context(call_context) {}

  CallRecord record;
  grpc::CallbackServerContext* const context;
  SampleStream* const stream = new SampleStream;  // deletes itself
  PriorEngine* engine = nullptr;
  SamplePriorInput input;
  std::optional<v1::SamplePriorResponse> result;
};

PriorService::PriorService(const PriorServiceOptions& options, PriorMetrics* metrics)
    : clock_(options.clock),
      metrics_(metrics),
      host_({.name = "prior",
             .capacity = options.queue_capacity,
             .clock = options.clock,
             .on_length = [metrics](int length) { metrics->model.SetQueueLength(length); },
             .on_start = [metrics](absl::Duration waited) { metrics->model.JobStarted(waited); }}) {}

absl::Status PriorService::Load(std::function<absl::StatusOr<std::unique_ptr<PriorEngine>>()> load) {
  const absl::Duration start = clock_->Now();
  RETURN_IF_ERROR(host_.Load(std::move(load)));
  ASSIGN_OR_RETURN(const PriorEngine* const engine, host_.engine());
  const PriorModelInfo& info = engine->info();
  metrics_->model.ModelLoaded(info.checkpoint_name, info.fingerprint, info.dtype, info.parameter_count, clock_->Now() - start);
  return absl::OkStatus();
}

grpc::ServerWriteReactor<v1::SamplePriorResponse>* PriorService::SamplePrior(grpc::CallbackServerContext* context,
                                                                             const v1::SamplePriorRequest* request) {
  const auto call = std::make_shared<SampleCall>(context, &metrics_->rpc, clock_);
  if (const absl::Status status = Submit(call, *request); !status.ok()) End(*call, status);
  return call->stream;
}

absl::Status PriorService::Submit(const std::shared_ptr<SampleCall>& call, const v1::SamplePriorRequest& request) {
  RETURN_IF_ERROR(call->record.status());
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  ASSIGN_OR_RETURN(call->input, ToSamplePriorInput(request, call->engine->info()));
  const auto ticket = std::make_shared<JobTicket>(DeadlineOf(*call->context, *clock_));
  call->stream->set_on_cancel([this, ticket] { host_.queue().Cancel(ticket); });
  return host_.queue().Submit(ticket, {.run = [this, call](const JobContext& job) { return Run(*call, job); },
                                       .done = [call](const absl::Status& status) { End(*call, status); }});
}

absl::Status PriorService::Run(SampleCall& call, const JobContext& job) {
  const absl::Duration start = clock_->Now();
  const auto on_step = [&](int step) {
    metrics_->model.StepDone(PriorMetrics::kPriorStage);
    v1::SamplePriorResponse response;
    common::v1::StageProgress& progress = *response.mutable_progress();
    progress.set_stage(common::v1::STAGE_PRIOR);
    progress.set_step(step);
    progress.set_step_count(call.input.step_count);
    call.stream->SendProgress(std::move(response));
    return job.Check();
  };
  ASSIGN_OR_RETURN(const std::vector<std::vector<float>> embeddings, call.engine->Sample(call.input, on_step));
  const absl::Duration duration = clock_->Now() - start;
  metrics_->model.StageDone(PriorMetrics::kPriorStage, duration);

  v1::SamplePriorResult& result = *call.result.emplace().mutable_result();
  for (const std::vector<float>& embedding : embeddings) {
    result.add_embeddings()->mutable_values()->Add(embedding.begin(), embedding.end());
  }
  result.mutable_timing()->set_stage(common::v1::STAGE_PRIOR);
  *result.mutable_timing()->mutable_queue_duration() = ToProtoDuration(job.queue_duration());
  *result.mutable_timing()->mutable_run_duration() = ToProtoDuration(duration);
  return absl::OkStatus();
}

void PriorService::End(SampleCall& call, const absl::Status& status) {
  call.record.End(status);
  const grpc::Status converted = ToGrpcStatus(status, call.context);
  call.stream->End(std::move(call.result), converted);
}

grpc::ServerUnaryReactor* PriorService::GetModelInfo(grpc::CallbackServerContext* context,
                                                     const v1::GetModelInfoRequest* /*request*/,
                                                     v1::GetModelInfoResponse* response) {
  CallRecord record("GetModelInfo", *context, &metrics_->rpc, clock_);
  const absl::StatusOr<PriorEngine*> engine = host_.engine();
  absl::Status status = record.status().ok() ? engine.status() : record.status();
  if (status.ok()) *response = ToModelInfoResponse((*engine)->info());
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::prior
