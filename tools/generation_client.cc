#include "tools/generation_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/rpc/keepalive.h"
#include "common/rpc/status_conversion.h"

namespace unclip {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kClientKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kClientKeepaliveTimeoutMs);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

int ImageCount(const gateway::v1::StreamGenerateImageRequest& request) {
  return request.request().has_image_count() ? request.request().image_count() : 1;
}

}  // namespace

// Lets Cancel() reach the call's context for as long as both exist.
class GenerationClient::ActiveCall {
 public:
  ActiveCall(GenerationClient& client, grpc::ClientContext& context) : client_(client) {
    absl::MutexLock lock(&client_.mutex_);
    client_.context_ = &context;
    if (client_.cancelled_) context.TryCancel();
  }
  ~ActiveCall() {
    absl::MutexLock lock(&client_.mutex_);
    client_.context_ = nullptr;
  }

 private:
  GenerationClient& client_;
};

GenerationClient::GenerationClient(absl::string_view target)
    : target_(target), stub_(gateway::v1::ImageGenerationService::NewStub(Connect(target_))) {}

absl::StatusOr<gateway::v1::GenerationSummary> GenerationClient::Generate(const gateway::v1::StreamGenerateImageRequest& request,
                                                                          absl::Duration timeout, const EventHandler& on_event) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  const ActiveCall active(*this, context);
  const auto reader = stub_->StreamGenerateImage(&context, request);

  gateway::v1::StreamGenerateImageResponse response;
  std::optional<gateway::v1::GenerationSummary> summary;
  absl::Status handler_status;
  int images = 0;
  while (reader->Read(&response)) {
    if (response.has_summary()) {
      summary = std::move(*response.mutable_summary());
      continue;
    }
    if (response.has_image()) ++images;
    if (handler_status.ok()) handler_status = on_event(response);
    if (!handler_status.ok()) context.TryCancel();
  }
  const grpc::Status status = reader->Finish();
  if (!handler_status.ok()) return handler_status;
  if (!status.ok()) return Explain(FromGrpcStatus(status));
  if (!summary.has_value() || images != ImageCount(request)) {
    return absl::InternalError(absl::StrCat("INTERNAL: the gateway at ", target_, " ended the stream after ", images, " of ",
                                            ImageCount(request), " pictures", summary.has_value() ? "" : " without a summary"));
  }
  return *std::move(summary);
}

void GenerationClient::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

absl::Status GenerationClient::Explain(const absl::Status& status) const {
  {
    absl::MutexLock lock(&mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
  }
  const std::string message = absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
  // CANCELLED without our doing is what a server that is taken down answers (gRPC 1.51); to the caller it is as good as gone.
  if (absl::IsCancelled(status)) return absl::UnavailableError(absl::StrCat(message, " (by the gateway at ", target_, ")"));
  if (absl::IsUnavailable(status)) return absl::UnavailableError(absl::StrCat(message, " (gateway: ", target_, ")"));
  return absl::Status(status.code(), message);
}

}  // namespace unclip
