// A decoder service without a network.
#ifndef UNCLIP_GATEWAY_CLIENTS_FAKE_DECODER_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_FAKE_DECODER_CLIENT_H_

#include <functional>

#include "base/status_macros.h"
#include "gateway/clients/decoder_client.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {

// Reports every step, then answers with FakeDecodeImage() unless a test sets `decode`. Thread-safe as far as `decode` is.
class FakeDecoderClient final : public DecoderClient {
 public:
  std::function<absl::StatusOr<decoder::v1::DecodeImageResult>(const RequestContext&, const decoder::v1::DecodeImageRequest&)>
      decode = [](const RequestContext&, const decoder::v1::DecodeImageRequest& message) { return FakeDecodeImage(message); };

  absl::StatusOr<decoder::v1::DecodeImageResult> DecodeImage(const RequestContext& request,
                                                             const decoder::v1::DecodeImageRequest& message,
                                                             const ProgressCallback& on_progress) override {
    for (int step = 1; step <= FakeDecodeSteps(message); ++step) {
      RETURN_IF_ERROR(on_progress(FakeDecodeProgress(message, step)));
    }
    return decode(request, message);
  }

  absl::StatusOr<decoder::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& /*request*/) override {
    return FakeDecoderInfo();
  }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_FAKE_DECODER_CLIENT_H_
