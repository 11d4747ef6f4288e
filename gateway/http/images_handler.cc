#include "gateway/http/images_handler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "gateway/active_request.h"
#include "gateway/generation_observer.h"
#include "gateway/http/image_body.h"
#include "gateway/http/image_event_stream.h"
#include "gateway/http/image_links.h"
#include "gateway/http/picture_json.h"

namespace unclip::gateway {
namespace {

int64_t UnixSeconds() { return absl::ToUnixSeconds(absl::Now()); }

// Keeps the pictures of a call, in order.
class PictureCollector final : public GenerationObserver {
 public:
  explicit PictureCollector(int count) : pictures_(count) {}

  bool WantsProgress() const override { return false; }
  void OnProgress(v1::GenerationProgress /*progress*/) override {}
  void OnImage(v1::GeneratedImage image) override {
    const int index = image.index();
    pictures_[index] = std::move(image);
  }

  const std::vector<v1::GeneratedImage>& pictures() const { return pictures_; }

 private:
  std::vector<v1::GeneratedImage> pictures_;
};

}  // namespace

int PreviewStepInterval(int partial_image_count, int decoder_step_count) {
  return partial_image_count == 0 ? 0 : std::max(1, decoder_step_count / (partial_image_count + 1));
}

void ImagesHandler::Handle(ImageTask task, const std::shared_ptr<HttpCall>& call) {
  if (const absl::Status status = Start(task, call); !status.ok()) call->Fail(status);
}

absl::Status ImagesHandler::Start(ImageTask task, const std::shared_ptr<HttpCall>& call) {
  ASSIGN_OR_RETURN(const absl::Duration deadline, call->Deadline(options_.default_deadline));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Capabilities> capabilities, options_.dispatcher->capabilities());
  ASSIGN_OR_RETURN(ImageParameters parameters, ReadImageBody(task, BodyUse::kCall, call->request(), *capabilities));
  call->request().body = {};  // it may be large, and the work long
  auto active = std::make_shared<ActiveRequest>(call->request_id(), deadline, &call->clock());
  call->OnLeave([active] { active->CallerLeft(); });
  return parameters.stream ? StartStream(std::move(parameters), std::move(active), call)
                           : StartCall(std::move(parameters), std::move(active), call);
}

absl::Status ImagesHandler::StartStream(ImageParameters parameters, std::shared_ptr<ActiveRequest> active,
                                        std::shared_ptr<HttpCall> call) {
  ASSIGN_OR_RETURN(AdmittedRequest admitted, options_.dispatcher->Admit(std::move(active), parameters.request));
  GenerationRequest& request = admitted.request;
  request.preview_step_interval = PreviewStepInterval(parameters.partial_image_count, request.decoder_step_count);
  const auto stream = std::make_shared<ImageEventStream>(std::move(call), std::move(parameters), UnixSeconds());
  stream->Begin();
  options_.dispatcher->Start(std::move(admitted), *stream, [stream](const absl::StatusOr<std::vector<v1::Warning>>& warnings) {
    stream->End(warnings.status());
  });
  return absl::OkStatus();
}

absl::Status ImagesHandler::StartCall(ImageParameters parameters, std::shared_ptr<ActiveRequest> active,
                                      std::shared_ptr<HttpCall> call) {
  ASSIGN_OR_RETURN(AdmittedRequest admitted, options_.dispatcher->Admit(std::move(active), parameters.request));
  const auto collector = std::make_shared<PictureCollector>(admitted.request.image_count);
  parameters.request.clear_source();
  options_.dispatcher->Start(std::move(admitted), *collector,
                             [this, collector, call = std::move(call),
                              parameters = std::move(parameters)](absl::StatusOr<std::vector<v1::Warning>> warnings) {
                               if (!warnings.ok()) return call->Fail(warnings.status());
                               ImagesAnswer answer = {
                                   .created = UnixSeconds(), .request_id = call->request_id(), .warnings = *std::move(warnings)};
                               for (const v1::GeneratedImage& picture : collector->pictures()) {
                                 absl::StatusOr<std::string> url = std::string();
                                 if (parameters.as_url) url = StorePicture(picture, call->request(), *options_.store);
                                 if (!url.ok()) return call->Fail(url.status());
                                 answer.pictures.push_back(PictureJson(picture, *url));
                               }
                               call->RespondJson(ImagesAnswerJson(parameters, answer));
                             });
  return absl::OkStatus();
}

}  // namespace unclip::gateway
