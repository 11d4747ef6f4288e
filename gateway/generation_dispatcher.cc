#include "gateway/generation_dispatcher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/batching/job_status.h"
#include "common/log/log.h"

namespace unclip::gateway {
namespace {

absl::StatusOr<GenerationRequest> Parse(const v1::GenerateImageRequest& message, const Capabilities& capabilities) {
  return ParseGenerationRequest("", message, capabilities, DrawSeed());
}

absl::StatusOr<GenerationRequest> Parse(const v1::StreamGenerateImageRequest& message, const Capabilities& capabilities) {
  return ParseGenerationRequest(message, capabilities, DrawSeed());
}

void LogRequest(const RequestContext& context, const GenerationRequest& request) {
  LogInfo("generating", {{"request_id", context.request_id},
                         {"trace_id", context.trace.trace_id()},
                         {"span_id", context.trace.span_id()},
                         {"images", request.image_count},
                         {"candidates", request.candidate_count},
                         {"seed", request.seed},
                         {"size", absl::StrCat(request.size.width, "x", request.size.height)},
                         {"steps", request.StepsPerImage()},
                         PromptField(request.prompt)});
}

}  // namespace

GenerationDispatcher::GenerationDispatcher(const GenerationDispatcherOptions& options)
    : options_(options), admission_(options.max_requests), request_pool_(options.max_requests) {}

absl::Status GenerationDispatcher::Refuse(IfRefused if_refused, Rejection reason, absl::Status status) const {
  return if_refused == IfRefused::kTryAgain ? status : options_.rejections->Count(reason, std::move(status));
}

template <typename Message>
absl::StatusOr<AdmittedRequest> GenerationDispatcher::Admit(std::shared_ptr<ActiveRequest> active, const Message& message,
                                                            IfRefused if_refused) {
  RETURN_IF_ERROR(Refuse(if_refused, Rejection::kDeadline, active->CheckDeadline()));
  AdmittedRequest admitted;
  // What is wrong with a request can be said while a service is away.
  RETURN_IF_ERROR(Refuse(if_refused, Rejection::kUpstreamDown, options_.upstreams->capabilities().status()));
  ASSIGN_OR_RETURN(admitted.capabilities, options_.upstreams->capabilities());
  ASSIGN_OR_RETURN(admitted.request, Parse(message, *admitted.capabilities));
  RETURN_IF_ERROR(Refuse(if_refused, Rejection::kUpstreamDown, options_.upstreams->ReadyCapabilities().status()));
  absl::Status entered = admission_.Enter(active);
  const Rejection reason = absl::IsResourceExhausted(entered) ? Rejection::kGatewayFull : Rejection::kDraining;
  RETURN_IF_ERROR(Refuse(if_refused, reason, std::move(entered)));
  LogRequest(active->context(), admitted.request);
  admitted.active = std::move(active);
  return admitted;
}

template absl::StatusOr<AdmittedRequest> GenerationDispatcher::Admit(std::shared_ptr<ActiveRequest>,
                                                                     const v1::GenerateImageRequest&, IfRefused);
template absl::StatusOr<AdmittedRequest> GenerationDispatcher::Admit(std::shared_ptr<ActiveRequest>,
                                                                     const v1::StreamGenerateImageRequest&, IfRefused);

void GenerationDispatcher::Start(AdmittedRequest admitted, GenerationObserver& observer, Done done) {
  {
    absl::MutexLock lock(&mutex_);
    ++started_;
  }
  request_pool_.Submit([this, admitted = std::move(admitted), &observer, done = std::move(done)]() mutable {
    absl::StatusOr<std::vector<v1::Warning>> result =
        options_.pipeline->Run(admitted.request, *admitted.capabilities, admitted.active->context(), observer);
    // Before the answer is sent, so that who has it finds the place free.
    admission_.Leave(admitted.active);
    done(std::move(result));
    // What they hold may need what goes when Drain() has returned.
    done = nullptr;
    admitted = {};
    absl::MutexLock lock(&mutex_);
    --started_;
  });
}

std::vector<DebugRequest> GenerationDispatcher::Requests() const {
  std::vector<DebugRequest> requests;
  for (const std::shared_ptr<const ActiveRequest>& active : admission_.requests()) {
    const JobStatus& status = active->status();
    requests.push_back({.request_id = status.request_id,
                        .trace_id = status.trace_id,
                        .state = DebugState::kRunning,
                        .stage = status.stage.load(),
                        .step = status.step,
                        .step_count = status.step_count,
                        .age = active->elapsed()});
  }
  return requests;
}

void GenerationDispatcher::Drain(absl::Duration grace) {
  admission_.Drain(grace);
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &GenerationDispatcher::IsIdle));
}

}  // namespace unclip::gateway
