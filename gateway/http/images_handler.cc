#include "gateway/http/images_handler.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "gateway/active_request.h"
#include "gateway/generation_observer.h"
#include "gateway/http/body/request_fingerprint.h"
#include "gateway/http/http_error.h"
#include "gateway/http/image_body.h"
#include "gateway/http/image_event_stream.h"

namespace unclip::gateway {
namespace {

// Keeps the pictures of a call, in order.
class PictureCollector final : public GenerationObserver {
 public:
  explicit PictureCollector(int count) : pictures_(count) {}

  bool WantsProgress() const override { return false; }
  void OnProgress(v1::GenerationProgress /*progress*/) override {}
  void OnImage(v1::GeneratedImage image) override {
    const int index = image.index();
    pictures_[index] = std::make_shared<const v1::GeneratedImage>(std::move(image));
  }

  const std::vector<AnswerWriter::Picture>& pictures() const { return pictures_; }

 private:
  std::vector<AnswerWriter::Picture> pictures_;
};

HttpResponse JsonResponse(std::string json) {
  HttpResponse response;
  response.content_type = "application/json";
  response.SetBody(std::move(json));
  return response;
}

// What is asked for, whatever the client wrote it like.
std::string FingerprintOf(const ImageParameters& parameters, const v1::GenerateImageRequest& message) {
  RequestFingerprint fingerprint;
  fingerprint.Add(ImageTaskName(parameters.task));
  fingerprint.Add(parameters.as_url ? "url" : "b64_json");
  fingerprint.Add(parameters.quality);
  fingerprint.Add(message.SerializeAsString());
  return fingerprint.Take();
}

IdempotencyCache::Answer ToKept(HttpResponse response) {
  auto kept = std::make_shared<KeptAnswer>();
  kept->status = response.status;
  kept->content_type = std::move(response.content_type);
  for (HttpHeader& header : response.headers) kept->headers.emplace_back(std::move(header.name), std::move(header.value));
  kept->body = std::move(response.body);
  return kept;
}

void RespondWith(const IdempotencyCache::Answer& answer, HttpCall& call) {
  if (answer == nullptr) return call.Fail(absl::InternalError("the work ended without an answer"));
  HttpResponse response;
  response.status = answer->status;
  response.content_type = answer->content_type;
  for (const auto& [name, value] : answer->headers) response.headers.push_back({.name = name, .value = value});
  response.body = answer->body;
  call.Respond(std::move(response));
}

}  // namespace

int PreviewStepInterval(int partial_image_count, const GenerationRequest& request) {
  if (partial_image_count == 0) return 0;
  int interval = request.decoder_step_count / (partial_image_count + 1);
  // The upsampler's is the last one, from its second half.
  for (const int steps : request.super_res_step_counts) interval = std::min(interval, (steps + 1) / 2);
  return std::max(1, interval);
}

void ImagesHandler::Handle(ImageTask task, const std::shared_ptr<HttpCall>& call) {
  if (const absl::Status status = Start(task, call); !status.ok()) call->Fail(status);
}

absl::Status ImagesHandler::Start(ImageTask task, const std::shared_ptr<HttpCall>& call) {
  ASSIGN_OR_RETURN(const absl::Duration deadline, call->Deadline(options_.default_deadline));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Capabilities> capabilities, options_.dispatcher->capabilities());
  ASSIGN_OR_RETURN(ImageParameters parameters, ReadImageBody(task, BodyUse::kCall, call->request(), *capabilities));
  call->request().body = {};  // it may be large, and the work long
  Work work;
  work.message = std::exchange(parameters.request, {});
  work.active = std::make_shared<ActiveRequest>(call->request_id(), deadline, &call->clock(), call->trace());
  const bool is_stream = parameters.stream;
  work.writer =
      std::make_shared<ImageAnswerWriter>(std::move(parameters), call->request_id(), ImageLinks(call->request(), options_.store));
  const std::optional<absl::string_view> key = call->request().Header("idempotency-key");
  if (key.has_value() && !is_stream) return StartKeyed(*key, std::move(work), call);
  call->OnLeave([active = work.active] { active->CallerLeft(); });
  if (is_stream) return StartStream(std::move(work), call);
  Draw(std::move(work), [call](absl::StatusOr<HttpResponse> answer) {
    if (!answer.ok()) return call->Fail(answer.status());
    call->Respond(*std::move(answer));
  });
  return absl::OkStatus();
}

absl::Status ImagesHandler::StartKeyed(absl::string_view key, Work work, const std::shared_ptr<HttpCall>& call) {
  ASSIGN_OR_RETURN(IdempotencyCache::Begun begun,
                   options_.idempotency->Begin(
                       key, FingerprintOf(work.writer->parameters(), work.message),
                       [call](const IdempotencyCache::Answer& answer) { RespondWith(answer, *call); },
                       [active = work.active] { active->CallerLeft(); }));
  switch (begun.state) {
    case IdempotencyCache::State::kConflict:
      return HttpError(
          409, "idempotency_key_reused",
          "header idempotency-key was used for another request; it must be new for each request but its repetitions");
    case IdempotencyCache::State::kDone:
      RespondWith(begun.answer, *call);
      return absl::OkStatus();
    case IdempotencyCache::State::kNew:
    case IdempotencyCache::State::kRunning:
      break;
  }
  // Held until the connection closes or the answer is there.
  call->OnLeave([caller = std::shared_ptr<IdempotencyCache::Caller>(std::move(begun.caller))]() mutable { caller.reset(); });
  if (begun.state == IdempotencyCache::State::kRunning) return absl::OkStatus();
  Draw(std::move(work), [shared = std::shared_ptr<IdempotencyCache::Work>(std::move(begun.work)), id = call->request_id(),
                         trace = call->trace()](absl::StatusOr<HttpResponse> answer) {
    if (!answer.ok()) {
      LogWarning("shared request failed", {{"request_id", id},
                                           {"trace_id", trace.trace_id()},
                                           {"span_id", trace.span_id()},
                                           {"error", answer.status().message()}});
    }
    shared->Finish(ToKept(answer.ok() ? *std::move(answer) : ErrorResponse(answer.status())));
  });
  return absl::OkStatus();
}

absl::Status ImagesHandler::StartStream(Work work, std::shared_ptr<HttpCall> call) {
  ASSIGN_OR_RETURN(AdmittedRequest admitted, options_.dispatcher->Admit(std::move(work.active), work.message));
  GenerationRequest& request = admitted.request;
  request.preview_step_interval = PreviewStepInterval(work.writer->parameters().partial_image_count, request);
  request.previews_have_final_size = true;  // clients take a partial picture for one of the size that the event says
  const auto stream = std::make_shared<ImageEventStream>(std::move(call), std::move(work.writer), request.image_count);
  stream->Begin();
  options_.dispatcher->Start(std::move(admitted), *stream, [stream](const absl::StatusOr<std::vector<v1::Warning>>& warnings) {
    stream->End(warnings.status());
  });
  return absl::OkStatus();
}

void ImagesHandler::Draw(Work work, Sink sink) {
  absl::StatusOr<AdmittedRequest> admitted = options_.dispatcher->Admit(std::move(work.active), work.message);
  if (!admitted.ok()) return sink(admitted.status());
  const auto collector = std::make_shared<PictureCollector>(admitted->request.image_count);
  options_.dispatcher->Start(*std::move(admitted), *collector,
                             [collector, writer = std::move(work.writer),
                              sink = std::move(sink)](const absl::StatusOr<std::vector<v1::Warning>>& warnings) {
                               if (!warnings.ok()) return sink(warnings.status());
                               sink(JsonResponse(ToText(writer->Result(collector->pictures(), *warnings, absl::Now()))));
                             });
}

}  // namespace unclip::gateway
