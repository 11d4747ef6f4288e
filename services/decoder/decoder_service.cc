#include "services/decoder/decoder_service.h"

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/batching/job_trail.h"
#include "common/rpc/deadline.h"
#include "common/rpc/proto_duration.h"
#include "common/rpc/status_conversion.h"
#include "common/server/call_record.h"
#include "services/decoder/decoder_conversion.h"

namespace unclip::decoder {
namespace {

constexpr int kMaxStarted = 64;  // requests that hold tensors at a time, where memory allows

// What steps of a stage are counted as.
const char* StageName(int stage) { return stage == 0 ? DecoderMetrics::kDecoderStage : DecoderMetrics::kSuperResStage; }

void AddTiming(common::v1::Stage stage, absl::Duration waited, absl::Duration ran, v1::DecodeImageResult* result) {
  common::v1::StageTiming& timing = *result->add_timings();
  timing.set_stage(stage);
  *timing.mutable_queue_duration() = ToProtoDuration(waited);
  *timing.mutable_run_duration() = ToProtoDuration(ran);
}

}  // namespace

// A DecodeImage call from its arrival to its end, and its job in the queue. `stream` and `context` live until the stream ends.
struct DecoderService::Call final : public StepJob {
  Call(DecoderService* owner, grpc::CallbackServerContext* call_context)
      : service(owner),
        record("unclip.decoder.v1.DecoderService/DecodeImage", *call_context, &owner->metrics_->rpc, owner->clock_),
        context(call_context) {}

  StepNeed need() const override {
    const DecodeNeed next = run ? run->need() : FirstNeed(order.input, engine->info());
    return {.group = next.group,
            .rows = next.rows,
            .max_rows = service->plan_.max_rows[next.stage],
            .bytes = service->plan_.StepBytes(next.stage, next.rows),
            .step = next.step,
            .remaining = next.remaining,
            .stage = StageName(next.stage)};
  }
  absl::Status Start(const JobContext& job) override;
  absl::Status StepAlone() override { return absl::InternalError("the decoder steps by batches"); }
  absl::StatusOr<bool> AfterStep() override;
  void Done(const absl::Status& status) override;

  absl::Status SendProgress(const DecodeProgress& progress);
  absl::Status SetResult();

  DecoderService* const service;
  CallRecord record;
  JobTrail trail{record.request_id(), record.trace()};
  grpc::CallbackServerContext* const context;
  ResponseStream<v1::DecodeImageResponse>* const stream = new ResponseStream<v1::DecodeImageResponse>;  // deletes itself
  DecoderEngine* engine = nullptr;
  DecodeOrder order;
  std::unique_ptr<DecoderRun> run;
  absl::Duration queue_duration;
  absl::Duration started;       // by the service's clock
  absl::Duration base_decoded;  // likewise, once the base decoder is done
  std::optional<v1::DecodeImageResponse> result;
};

DecoderService::DecoderService(const DecoderServiceOptions& options, DecoderMetrics* metrics)
    : options_(options),
      clock_(options.clock),
      metrics_(metrics),
      host_({.name = "decoder",
             .capacity = options.queue_capacity,
             .clock = options.clock,
             .on_length = [metrics](int length) { metrics->model.SetQueueLength(length); },
             .on_start = [metrics](absl::Duration waited) { metrics->model.JobStarted(waited); },
             .step = StepCalls,
             .metrics = &metrics->queue}) {}

absl::Status DecoderService::Load(std::function<absl::StatusOr<std::unique_ptr<DecoderEngine>>()> load) {
  const absl::Duration start = clock_->Now();
  RETURN_IF_ERROR(host_.Load([&]() -> absl::StatusOr<std::unique_ptr<DecoderEngine>> {
    ASSIGN_OR_RETURN(std::unique_ptr<DecoderEngine> engine, load());
    Plan(engine->info());
    return engine;
  }));
  ASSIGN_OR_RETURN(const DecoderEngine* const engine, host_.engine());
  const DecoderModelInfo& info = engine->info();
  host_.queue().SetPolicy(StepPolicy({.batching = options_.batching,
                                      .max_rows = std::numeric_limits<int>::max(),
                                      .max_started = plan_.max_started,
                                      .lanes = info.thread_count,
                                      .max_step_bytes = plan_.max_step_bytes,
                                      .deadlines_first = options_.deadlines_first}));
  metrics_->model.ModelLoaded(info.checkpoint_name, info.fingerprint, info.dtype, info.parameter_count, clock_->Now() - start);
  return absl::OkStatus();
}

// What the memory left allows, now that the model is loaded.
void DecoderService::Plan(const DecoderModelInfo& info) {
  const int64_t limit = options_.memory_limit ? options_.memory_limit() : std::numeric_limits<int64_t>::max();
  plan_ = PlanMemory(limit, {.row_bytes = info.row_bytes, .run_bytes = info.run_bytes}, info.max_batch_rows, kMaxStarted);
  std::vector<std::string> stages = {DecoderMetrics::kDecoderStage};
  for (size_t i = 1; i < info.row_bytes.size(); ++i) {
    stages.push_back(i == 1 ? DecoderMetrics::kSuperResStage : absl::StrCat(DecoderMetrics::kSuperResStage, "_", i));
  }
  metrics_->memory.Planned(plan_, stages);
}

grpc::ServerWriteReactor<v1::DecodeImageResponse>* DecoderService::DecodeImage(grpc::CallbackServerContext* context,
                                                                               const v1::DecodeImageRequest* request) {
  const auto call = std::make_shared<Call>(this, context);
  if (const absl::Status status = Submit(call, *request); !status.ok()) call->Done(status);
  return call->stream;
}

absl::Status DecoderService::Submit(const std::shared_ptr<Call>& call, const v1::DecodeImageRequest& request) {
  RETURN_IF_ERROR(call->record.status());
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kLoading, host_.engine().status()));
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  ASSIGN_OR_RETURN(call->order, ToDecodeOrder(request, call->engine->info()));
  std::vector<int> rows(plan_.max_rows.size(), 1);
  rows.front() = FirstNeed(call->order.input, call->engine->info()).rows;
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kMemory, plan_.CheckFits(rows)));
  call->trail.Queued();
  const auto ticket = std::make_shared<JobTicket>(DeadlineOf(*call->context, *clock_), call->trail.status());
  call->stream->set_on_cancel([this, ticket] { host_.queue().Cancel(ticket); });
  return host_.queue().Submit(ticket, call);
}

std::vector<absl::Status> DecoderService::StepCalls(absl::Span<StepJob* const> jobs) {
  std::vector<DecoderRun*> runs;
  runs.reserve(jobs.size());
  for (StepJob* job : jobs) runs.push_back(static_cast<Call*>(job)->run.get());
  return static_cast<Call*>(jobs.front())->engine->Step(runs);
}

absl::Status DecoderService::Call::Start(const JobContext& job) {
  queue_duration = job.queue_duration();
  started = service->clock_->Now();
  trail.Enter(DecoderMetrics::kDecoderStage, order.input.StepsOfStage(0));
  ASSIGN_OR_RETURN(run, engine->Start(order.input));
  return absl::OkStatus();
}

absl::StatusOr<bool> DecoderService::Call::AfterStep() {
  const DecodeProgress progress = run->progress();
  service->metrics_->model.StepDone(StageName(progress.stage));
  if (progress.stage == 0) base_decoded = service->clock_->Now();
  trail.StepDone(progress.step, progress.step_count);
  RETURN_IF_ERROR(SendProgress(progress));
  if (!run->done()) {
    if (progress.step == progress.step_count) trail.Enter(DecoderMetrics::kSuperResStage);
    return false;
  }
  RETURN_IF_ERROR(SetResult());
  return true;
}

absl::Status DecoderService::Call::SendProgress(const DecodeProgress& progress) {
  if (order.omit_progress && !progress.preview.has_value()) return absl::OkStatus();
  v1::DecodeImageResponse response;
  *response.mutable_progress() = ToProgressProto(progress);
  if (progress.preview.has_value()) {
    ASSIGN_OR_RETURN(*response.mutable_progress()->mutable_preview(), ToEncodedImage(*progress.preview, order.format));
  }
  stream->SendProgress(std::move(response), /*keep=*/progress.preview.has_value());
  return absl::OkStatus();
}

absl::Status DecoderService::Call::SetResult() {
  const Clock& clock = *service->clock_;
  ASSIGN_OR_RETURN(const RgbImage image, engine->Finish(*run));
  const absl::Duration decoded = clock.Now();
  trail.Enter(DecoderMetrics::kEncodeStage);
  v1::DecodeImageResult& message = *result.emplace().mutable_result();
  ASSIGN_OR_RETURN(*message.mutable_image(), ToEncodedImage(image, order.format));
  const absl::Duration encode_duration = clock.Now() - decoded;

  ModelMetrics& metrics = service->metrics_->model;
  metrics.StageDone(DecoderMetrics::kDecoderStage, base_decoded - started);
  AddTiming(common::v1::STAGE_DECODER, queue_duration, base_decoded - started, &message);
  if (!order.input.super_res_step_counts.empty()) {
    metrics.StageDone(DecoderMetrics::kSuperResStage, decoded - base_decoded);
    AddTiming(common::v1::STAGE_SUPER_RES, absl::ZeroDuration(), decoded - base_decoded, &message);
  }
  metrics.StageDone(DecoderMetrics::kEncodeStage, encode_duration);
  AddTiming(common::v1::STAGE_ENCODE, absl::ZeroDuration(), encode_duration, &message);
  return absl::OkStatus();
}

void DecoderService::Call::Done(const absl::Status& status) {
  run.reset();
  trail.End(status);
  record.End(status);
  const grpc::Status converted = ToGrpcStatus(status, context);
  stream->End(std::move(result), converted);
}

grpc::ServerUnaryReactor* DecoderService::GetModelInfo(grpc::CallbackServerContext* context,
                                                       const v1::GetModelInfoRequest* /*request*/,
                                                       v1::GetModelInfoResponse* response) {
  CallRecord record("unclip.decoder.v1.DecoderService/GetModelInfo", *context, &metrics_->rpc, clock_);
  const absl::StatusOr<DecoderEngine*> engine = host_.engine();
  const absl::Status status = record.status().ok() ? engine.status() : record.status();
  if (status.ok()) *response = ToModelInfoResponse((*engine)->info());
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::decoder
