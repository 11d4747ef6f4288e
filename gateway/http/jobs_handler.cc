#include "gateway/http/jobs_handler.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "gateway/generation_request.h"
#include "gateway/http/image_answer_writer.h"
#include "gateway/http/image_body.h"
#include "gateway/http/image_links.h"
#include "gateway/http/job_event_stream.h"
#include "gateway/http/jobs/job_json.h"
#include "gateway/http/jobs/job_snapshot.h"

namespace unclip::gateway {

void JobsHandler::Create(const std::shared_ptr<HttpCall>& call) const {
  if (const absl::Status status = Start(call); !status.ok()) call->Fail(status);
}

absl::Status JobsHandler::Start(const std::shared_ptr<HttpCall>& call) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Capabilities> capabilities, options_.dispatcher->capabilities());
  ASSIGN_OR_RETURN(ImageParameters parameters, ReadImageBody(std::nullopt, BodyUse::kJob, call->request(), *capabilities));
  v1::GenerateImageRequest message = std::exchange(parameters.request, {});
  // Now, so that it can be told and the pictures are the same whenever the job is started.
  if (!message.has_seed()) message.set_seed(DrawSeed());
  ASSIGN_OR_RETURN(const GenerationRequest request, ParseGenerationRequest("", message, *capabilities, message.seed()));
  const ImageTask task = parameters.task;
  auto writer =
      std::make_shared<ImageAnswerWriter>(std::move(parameters), call->request_id(), ImageLinks(call->request(), options_.store));
  writer->SetRequest(request);
  absl::StatusOr<std::shared_ptr<JobRun>> added = options_.table->Add(task, std::move(writer));
  if (absl::IsResourceExhausted(added.status())) options_.dispatcher->rejections().Count(Rejection::kJobsFull);
  ASSIGN_OR_RETURN(const std::shared_ptr<JobRun> run, std::move(added));
  const std::string id = run->id();
  ASSIGN_OR_RETURN(const JobSnapshot job, options_.table->Get(id));
  options_.runner->Submit(run, std::move(message), call->trace());
  HttpResponse response;
  response.status = 202;
  response.content_type = "application/json";
  response.headers.push_back({.name = "location", .value = absl::StrCat("/v1/jobs/", id)});
  response.SetBody(JobJson(job));
  call->Respond(std::move(response));
  return absl::OkStatus();
}

void JobsHandler::Get(const std::string& id, HttpCall& call) const {
  const absl::StatusOr<JobSnapshot> job = options_.table->Get(id);
  if (!job.ok()) return call.Fail(job.status());
  call.RespondJson(JobJson(*job));
}

void JobsHandler::CancelOrForget(const std::string& id, HttpCall& call) const {
  const absl::StatusOr<std::optional<JobSnapshot>> job = options_.table->CancelOrForget(id);
  if (!job.ok()) return call.Fail(job.status());
  call.RespondJson(job->has_value() ? JobJson(**job) : DeletedJobJson(id));
}

void JobsHandler::Watch(const std::string& id, const std::shared_ptr<HttpCall>& call) const {
  const absl::Status status = JobEventStream::Start(id, options_.table, call);
  if (!status.ok()) call->Fail(status);
}

}  // namespace unclip::gateway
