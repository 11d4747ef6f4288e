// POST /v1/images/generations, edits and variations.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_
#define UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/generation_request.h"
#include "gateway/http/http_call.h"
#include "gateway/http/http_message.h"
#include "gateway/http/image_answer_writer.h"
#include "gateway/http/image_parameters.h"
#include "gateway/http/store/idempotency_cache.h"
#include "gateway/http/store/image_store.h"

namespace unclip::gateway {

// The pointers must outlive the handler and what it started.
struct ImagesHandlerOptions {
  GenerationDispatcher* dispatcher = nullptr;
  ImageStore* store = nullptr;
  IdempotencyCache* idempotency = nullptr;
  absl::Duration default_deadline = absl::Minutes(10);  // for callers that set none
};

// Thread-safe.
class ImagesHandler {
 public:
  explicit ImagesHandler(const ImagesHandlerOptions& options) : options_(options) {}

  // Answers `call`, now or when its pictures are finished. When the client leaves, the work stops, unless another asks for the
  // same with the same Idempotency-Key.
  void Handle(ImageTask task, const std::shared_ptr<HttpCall>& call);

 private:
  // Where an answer goes.
  using Sink = std::function<void(absl::StatusOr<HttpResponse> answer)>;
  struct Work {
    v1::GenerateImageRequest message;
    std::shared_ptr<ImageAnswerWriter> writer;
    std::shared_ptr<ActiveRequest> active;
  };

  absl::Status Start(ImageTask task, const std::shared_ptr<HttpCall>& call);
  absl::Status StartStream(Work work, std::shared_ptr<HttpCall> call);
  absl::Status StartKeyed(absl::string_view key, Work work, const std::shared_ptr<HttpCall>& call);
  // Draws, and gives the answer, or what went wrong, to `sink`.
  void Draw(Work work, Sink sink);

  const ImagesHandlerOptions options_;
};

// How often each stage must show a preview for an ImageEventStream to find those it wants: 0 for none.
int PreviewStepInterval(int partial_image_count, const GenerationRequest& request);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGES_HANDLER_H_
