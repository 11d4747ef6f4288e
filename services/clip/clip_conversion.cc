#include "services/clip/clip_conversion.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/conditioning/conditioning_conversion.h"
#include "common/validation/field_check.h"

namespace unclip::clip {

absl::StatusOr<std::vector<std::string>> ToPrompts(const v1::EmbedTextRequest& request) {
  if (request.prompts_size() < 1 || request.prompts_size() > kMaxPromptCount) {
    return absl::InvalidArgumentError(
        absl::StrCat("prompts has ", request.prompts_size(), " values; it must have 1 to ", kMaxPromptCount));
  }
  for (int i = 0; i < request.prompts_size(); ++i) {
    RETURN_IF_ERROR(CheckText(absl::StrCat("prompts[", i, "]"), request.prompts(i), kMaxPromptBytes));
  }
  return std::vector<std::string>(request.prompts().begin(), request.prompts().end());
}

v1::TextEmbedding ToTextEmbeddingProto(const TextEmbedding& embedding) {
  v1::TextEmbedding proto;
  *proto.mutable_conditioning() = TextConditioningToProto(embedding.conditioning);
  proto.set_token_count(embedding.token_count);
  proto.set_truncated(embedding.truncated);
  return proto;
}

v1::GetModelInfoResponse ToModelInfoResponse(const ClipModelInfo& info) {
  v1::GetModelInfoResponse response;
  common::v1::ModelInfo& model = *response.mutable_model();
  model.set_checkpoint_name(info.checkpoint_name);
  model.set_fingerprint(info.fingerprint);
  model.set_parameter_count(info.parameter_count);
  model.set_dtype(info.dtype);
  model.set_thread_count(info.thread_count);
  response.set_embedding_dim(info.embedding_dim);
  response.set_context_length(info.context_length);
  response.set_hidden_dim(info.hidden_dim);
  response.set_embeds_images(info.embeds_images);
  return response;
}

}  // namespace unclip::clip
