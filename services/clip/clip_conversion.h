// Conversion between the clip service's messages and what the engine takes and tells.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_CONVERSION_H_
#define UNCLIP_SERVICES_CLIP_CLIP_CONVERSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/clip/clip_engine.h"
#include "unclip/clip/v1/clip_service.pb.h"

namespace unclip::clip {

// What a request may hold.
inline constexpr int kMaxPromptCount = 16;
inline constexpr int kMaxPromptBytes = 32'768;

// The prompts of a request. INVALID_ARGUMENT, naming the prompt ("prompts[2]"), when there are too few or too many, or one is too
// long, not UTF-8, or holds control characters.
absl::StatusOr<std::vector<std::string>> ToPrompts(const v1::EmbedTextRequest& request);

v1::TextEmbedding ToTextEmbeddingProto(const TextEmbedding& embedding);

v1::GetModelInfoResponse ToModelInfoResponse(const ClipModelInfo& info);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_CONVERSION_H_
