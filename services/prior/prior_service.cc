#include "services/prior/prior_service.h"

#include <limits>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "common/batching/job_trail.h"
#include "common/rpc/deadline.h"
#include "common/rpc/proto_duration.h"
#include "common/rpc/status_conversion.h"
#include "services/prior/prior_conversion.h"

namespace unclip::prior {
namespace {

constexpr int kMaxStarted = 64;  // requests that hold tensors at a time, where memory allows

}  // namespace

// A SamplePrior call from its arrival to its end, and its job in the queue. `stream` and `context` live until the stream ends.
struct PriorService::SampleCall final : public StepJob {
  SampleCall(PriorService* owner, grpc::CallbackServerContext* call_context)
      : service(owner),
        record("unclip.prior.v1.PriorService/SamplePrior", *call_context, &owner->metrics_->rpc, owner->clock_),
        context(call_context) {}

  StepNeed need() const override {
    const int rows = run ? run->row_count() : RowCount(input);
    const absl::Duration step = engine->info().step_duration;
    return {.group = 0,
            .rows = rows,
            .bytes = service->plan_.StepBytes(0, rows),
            .step = step,
            .remaining = step * (input.step_count - steps_done),
            .stage = PriorMetrics::kPriorStage};
  }
  absl::Status Start(const JobContext& job) override;
  absl::Status StepAlone() override { return absl::InternalError("the prior steps by batches"); }
  absl::StatusOr<bool> AfterStep() override;
  void Done(const absl::Status& status) override;

  void SendProgress();
  absl::Status SetResult();

  PriorService* const service;
  CallRecord record;
  JobTrail trail{record.request_id(), record.trace()};
  grpc::CallbackServerContext* const context;
  SampleStream* const stream = new SampleStream;  // deletes itself
  PriorEngine* engine = nullptr;
  SamplePriorInput input;
  bool omit_progress = false;
  std::unique_ptr<PriorRun> run;
  int steps_done = 0;
  absl::Duration queue_duration;
  absl::Duration started;  // by the service's clock
  std::optional<v1::SamplePriorResponse> result;
};

PriorService::PriorService(const PriorServiceOptions& options, PriorMetrics* metrics)
    : options_(options),
      clock_(options.clock),
      metrics_(metrics),
      host_({.name = "prior",
             .capacity = options.queue_capacity,
             .clock = options.clock,
             .on_length = [metrics](int length) { metrics->model.SetQueueLength(length); },
             .on_start = [metrics](absl::Duration waited) { metrics->model.JobStarted(waited); },
             .step = StepCalls,
             .metrics = &metrics->queue}) {}

absl::Status PriorService::Load(std::function<absl::StatusOr<std::unique_ptr<PriorEngine>>()> load) {
  const absl::Duration start = clock_->Now();
  RETURN_IF_ERROR(host_.Load([&]() -> absl::StatusOr<std::unique_ptr<PriorEngine>> {
    ASSIGN_OR_RETURN(std::unique_ptr<PriorEngine> engine, load());
    Plan(engine->info());
    return engine;
  }));
  ASSIGN_OR_RETURN(const PriorEngine* const engine, host_.engine());
  const PriorModelInfo& info = engine->info();
  host_.queue().SetPolicy(StepPolicy({.batching = options_.batching,
                                      .max_rows = plan_.max_rows.front(),
                                      .max_started = plan_.max_started,
                                      .max_step_bytes = plan_.max_step_bytes,
                                      .deadlines_first = options_.deadlines_first}));
  metrics_->model.ModelLoaded(info.checkpoint_name, info.fingerprint, info.dtype, info.parameter_count, clock_->Now() - start);
  return absl::OkStatus();
}

// What the memory left allows, now that the model is loaded.
void PriorService::Plan(const PriorModelInfo& info) {
  const int64_t limit = options_.memory_limit ? options_.memory_limit() : std::numeric_limits<int64_t>::max();
  plan_ = PlanMemory(limit, {.row_bytes = {info.row_bytes}, .run_bytes = info.run_bytes}, {info.max_batch_rows}, kMaxStarted);
  metrics_->memory.Planned(plan_, {PriorMetrics::kPriorStage});
}

grpc::ServerWriteReactor<v1::SamplePriorResponse>* PriorService::SamplePrior(grpc::CallbackServerContext* context,
                                                                             const v1::SamplePriorRequest* request) {
  const auto call = std::make_shared<SampleCall>(this, context);
  if (const absl::Status status = Submit(call, *request); !status.ok()) call->Done(status);
  return call->stream;
}

absl::Status PriorService::Submit(const std::shared_ptr<SampleCall>& call, const v1::SamplePriorRequest& request) {
  RETURN_IF_ERROR(call->record.status());
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kLoading, host_.engine().status()));
  ASSIGN_OR_RETURN(call->engine, host_.engine());
  ASSIGN_OR_RETURN(call->input, ToSamplePriorInput(request, call->engine->info()));
  call->omit_progress = request.omit_progress();
  RETURN_IF_ERROR(metrics_->queue.rejections().Count(Rejection::kMemory, plan_.CheckFits({RowCount(call->input)})));
  call->trail.Queued();
  const auto ticket = std::make_shared<JobTicket>(DeadlineOf(*call->context, *clock_), call->trail.status());
  call->stream->set_on_cancel([this, ticket] { host_.queue().Cancel(ticket); });
  return host_.queue().Submit(ticket, call);
}

std::vector<absl::Status> PriorService::StepCalls(absl::Span<StepJob* const> jobs) {
  std::vector<PriorRun*> runs;
  runs.reserve(jobs.size());
  for (StepJob* job : jobs) runs.push_back(static_cast<SampleCall*>(job)->run.get());
  return static_cast<SampleCall*>(jobs.front())->engine->Step(runs);
}

absl::Status PriorService::SampleCall::Start(const JobContext& job) {
  queue_duration = job.queue_duration();
  started = service->clock_->Now();
  trail.Enter(PriorMetrics::kPriorStage, input.step_count);
  ASSIGN_OR_RETURN(run, engine->Start(input));
  return absl::OkStatus();
}

absl::StatusOr<bool> PriorService::SampleCall::AfterStep() {
  ++steps_done;
  service->metrics_->model.StepDone(PriorMetrics::kPriorStage);
  trail.StepDone(steps_done, input.step_count);
  if (!omit_progress) SendProgress();
  if (steps_done < input.step_count) return false;
  RETURN_IF_ERROR(SetResult());
  return true;
}

void PriorService::SampleCall::SendProgress() {
  v1::SamplePriorResponse response;
  common::v1::StageProgress& progress = *response.mutable_progress();
  progress.set_stage(common::v1::STAGE_PRIOR);
  progress.set_step(steps_done);
  progress.set_step_count(input.step_count);
  stream->SendProgress(std::move(response));
}

absl::Status PriorService::SampleCall::SetResult() {
  ASSIGN_OR_RETURN(const std::vector<std::vector<float>> embeddings, engine->Finish(*run));
  const absl::Duration duration = service->clock_->Now() - started;
  service->metrics_->model.StageDone(PriorMetrics::kPriorStage, duration);
  v1::SamplePriorResult& message = *result.emplace().mutable_result();
  for (const std::vector<float>& embedding : embeddings) {
    message.add_embeddings()->mutable_values()->Add(embedding.begin(), embedding.end());
  }
  message.mutable_timing()->set_stage(common::v1::STAGE_PRIOR);
  *message.mutable_timing()->mutable_queue_duration() = ToProtoDuration(queue_duration);
  *message.mutable_timing()->mutable_run_duration() = ToProtoDuration(duration);
  return absl::OkStatus();
}

void PriorService::SampleCall::Done(const absl::Status& status) {
  run.reset();
  trail.End(status);
  record.End(status);
  const grpc::Status converted = ToGrpcStatus(status, context);
  stream->End(std::move(result), converted);
}

grpc::ServerUnaryReactor* PriorService::GetModelInfo(grpc::CallbackServerContext* context,
                                                     const v1::GetModelInfoRequest* /*request*/,
                                                     v1::GetModelInfoResponse* response) {
  CallRecord record("unclip.prior.v1.PriorService/GetModelInfo", *context, &metrics_->rpc, clock_);
  const absl::StatusOr<PriorEngine*> engine = host_.engine();
  absl::Status status = record.status().ok() ? engine.status() : record.status();
  if (status.ok()) *response = ToModelInfoResponse((*engine)->info());
  record.End(status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace unclip::prior
