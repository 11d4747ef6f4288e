// A clip service without a network.
#ifndef UNCLIP_GATEWAY_CLIENTS_FAKE_CLIP_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_FAKE_CLIP_CLIENT_H_

#include <functional>
#include <string>
#include <vector>

#include "gateway/clients/clip_client.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {

// Answers with FakeEmbedText() and FakeEmbedImage() unless a test sets `embed` and `embed_image`.
class FakeClipClient final : public ClipClient {
 public:
  std::function<absl::StatusOr<clip::v1::EmbedTextResponse>(const RequestContext&, const clip::v1::EmbedTextRequest&)> embed =
      [](const RequestContext&, const clip::v1::EmbedTextRequest& request) { return FakeEmbedText(request); };

  std::function<absl::StatusOr<clip::v1::EmbedImageResponse>(const RequestContext&, const std::string& file)> embed_image =
      [](const RequestContext&, const std::string& file) { return FakeEmbedImage(file); };

  absl::StatusOr<clip::v1::EmbedTextResponse> EmbedText(const RequestContext& request,
                                                        const std::vector<std::string>& prompts) override {
    clip::v1::EmbedTextRequest message;
    for (const std::string& prompt : prompts) message.add_prompts(prompt);
    return embed(request, message);
  }

  absl::StatusOr<clip::v1::EmbedImageResponse> EmbedImage(const RequestContext& request, const std::string& file) override {
    return embed_image(request, file);
  }

  absl::StatusOr<clip::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& /*request*/) override {
    return FakeClipInfo();
  }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_FAKE_CLIP_CLIENT_H_
