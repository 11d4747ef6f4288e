// What the clip service says of the picture that is to be varied.
#ifndef UNCLIP_GATEWAY_IMAGE_EMBEDDER_H_
#define UNCLIP_GATEWAY_IMAGE_EMBEDDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "gateway/capabilities.h"
#include "gateway/clients/clip_client.h"
#include "gateway/request_context.h"
#include "unclip/common/v1/conditioning.pb.h"
#include "unclip/common/v1/progress.pb.h"

namespace unclip::gateway {

struct EmbeddedImage {
  common::v1::ImageEmbedding embedding;
  common::v1::StageTiming timing;  // STAGE_EMBED_IMAGE
};

// Embeds the picture in `file`. Errors are the client's; INTERNAL when the embedding is not of the model's width or not finite.
absl::StatusOr<EmbeddedImage> EmbedImage(ClipClient* clip, const std::string& file, const Capabilities& capabilities,
                                         const RequestContext& context);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_IMAGE_EMBEDDER_H_
