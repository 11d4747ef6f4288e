// POST /v1/images/generations, edits and variations.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_
#define UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/http/http_call.h"
#include "gateway/http/image_parameters.h"
#include "gateway/http/store/image_store.h"

namespace unclip::gateway {

// The pointers must outlive the handler and what it started.
struct ImagesHandlerOptions {
  GenerationDispatcher* dispatcher = nullptr;
  ImageStore* store = nullptr;
  absl::Duration default_deadline = absl::Minutes(10);  // for callers that set none
};

// Thread-safe.
class ImagesHandler {
 public:
  explicit ImagesHandler(const ImagesHandlerOptions& options) : options_(options) {}

  // Answers `call`, now or when its pictures are finished. When the client leaves, the work stops.
  void Handle(ImageTask task, const std::shared_ptr<HttpCall>& call);

 private:
  absl::Status Start(ImageTask task, const std::shared_ptr<HttpCall>& call);
  absl::Status StartStream(ImageParameters parameters, std::shared_ptr<ActiveRequest> active, std::shared_ptr<HttpCall> call);
  absl::Status StartCall(ImageParameters parameters, std::shared_ptr<ActiveRequest> active, std::shared_ptr<HttpCall> call);

  const ImagesHandlerOptions options_;
};

// How often a stage must show a preview so that there are `partial_image_count` by the time that the base decoder is done, the
// first well before the middle; 0 for none.
int PreviewStepInterval(int partial_image_count, int decoder_step_count);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_
