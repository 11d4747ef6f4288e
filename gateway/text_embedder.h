// The first step of a generation: what the clip service says of the prompts.
#ifndef UNCLIP_GATEWAY_TEXT_EMBEDDER_H_
#define UNCLIP_GATEWAY_TEXT_EMBEDDER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "gateway/capabilities.h"
#include "gateway/clients/clip_client.h"
#include "gateway/embedding_cache.h"
#include "gateway/generation_request.h"
#include "gateway/request_context.h"
#include "unclip/common/v1/conditioning.pb.h"
#include "unclip/common/v1/progress.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

struct EmbeddedPrompts {
  common::v1::TextConditioning text;
  common::v1::TextConditioning negative_text;  // of the negative prompt, or of the empty one
  std::vector<v1::Warning> warnings;           // prompts that were cut off
  common::v1::StageTiming timing;              // STAGE_EMBED_TEXT
};

// Embeds both prompts, in one call that asks for those alone that `cache` does not hold, and in none when it holds both. Errors
// are the client's; INTERNAL when an embedding is not of the model's shape or not finite; why the request was cancelled.
absl::StatusOr<EmbeddedPrompts> EmbedPrompts(ClipClient* clip, EmbeddingCache* cache, const GenerationRequest& request,
                                             const Capabilities& capabilities, const RequestContext& context);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TEXT_EMBEDDER_H_
