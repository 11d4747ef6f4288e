// Asks a gateway for pictures.
#ifndef UNCLIP_TOOLS_GENERATION_CLIENT_H_
#define UNCLIP_TOOLS_GENERATION_CLIENT_H_

#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"

namespace unclip {

// One gateway. Generate() may be called by one thread at a time, Cancel() by any.
class GenerationClient {
 public:
  // Called for every progress message and every picture, in the order they come; an error ends the call.
  using EventHandler = std::function<absl::Status(const gateway::v1::StreamGenerateImageResponse&)>;

  // `target` is HOST:PORT or any other gRPC name. Nothing is connected yet.
  explicit GenerationClient(absl::string_view target);

  // Runs one request to its end. The gateway's errors keep their code, and their message begins with its name
  // ("INVALID_ARGUMENT: ..."); UNAVAILABLE names the target as well. CANCELLED means Cancel() and nothing else. INTERNAL when the
  // stream ends without a summary or without all the pictures.
  absl::StatusOr<gateway::v1::GenerationSummary> Generate(const gateway::v1::StreamGenerateImageRequest& request,
                                                          absl::Duration timeout, const EventHandler& on_event);

  // Ends the running call, and makes later ones fail: CANCELLED.
  void Cancel();

 private:
  class ActiveCall;
  absl::Status Explain(const absl::Status& status) const;

  const std::string target_;
  const std::unique_ptr<gateway::v1::ImageGenerationService::Stub> stub_;

  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the running call
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_GENERATION_CLIENT_H_
