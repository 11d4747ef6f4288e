#include "gateway/text_embedder.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/proto_duration.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {
namespace {

absl::Status CheckEmbedding(absl::string_view field, const common::v1::TextConditioning& conditioning, int embedding_dim) {
  absl::Status status = CheckLength(field, conditioning.text_embedding_size(), embedding_dim);
  status.Update(CheckFinite(field, conditioning.text_embedding()));
  if (status.ok()) return status;
  return absl::InternalError(absl::StrCat("the clip service answered with a broken embedding: ", status.message()));
}

v1::Warning TruncationWarning(v1::Warning::Code code, absl::string_view field, const Capabilities& capabilities) {
  v1::Warning warning;
  warning.set_code(code);
  warning.set_message(absl::StrCat(field, " is longer than the ", capabilities.context_length,
                                   " tokens that the model reads; the rest was cut off"));
  return warning;
}

}  // namespace

absl::StatusOr<EmbeddedPrompts> EmbedPrompts(ClipClient* clip, const GenerationRequest& request, const Capabilities& capabilities,
                                             const RequestContext& context) {
  const absl::Duration start = context.clock->Now();
  ASSIGN_OR_RETURN(clip::v1::EmbedTextResponse response, clip->EmbedText(context, {request.prompt, request.negative_prompt}));
  EmbeddedPrompts prompts;
  prompts.timing.set_stage(common::v1::STAGE_EMBED_TEXT);
  *prompts.timing.mutable_run_duration() = ToProtoDuration(context.clock->Now() - start);
  *prompts.timing.mutable_queue_duration() = ToProtoDuration(absl::ZeroDuration());

  clip::v1::TextEmbedding& text = *response.mutable_embeddings(0);
  clip::v1::TextEmbedding& negative_text = *response.mutable_embeddings(1);
  RETURN_IF_ERROR(CheckEmbedding("prompt's embedding", text.conditioning(), capabilities.embedding_dim));
  RETURN_IF_ERROR(CheckEmbedding("negative_prompt's embedding", negative_text.conditioning(), capabilities.embedding_dim));
  if (text.truncated()) {
    prompts.warnings.push_back(TruncationWarning(v1::Warning::CODE_PROMPT_TRUNCATED, "prompt", capabilities));
  }
  if (negative_text.truncated()) {
    prompts.warnings.push_back(TruncationWarning(v1::Warning::CODE_NEGATIVE_PROMPT_TRUNCATED, "negative_prompt", capabilities));
  }
  prompts.text = std::move(*text.mutable_conditioning());
  prompts.negative_text = std::move(*negative_text.mutable_conditioning());
  return prompts;
}

}  // namespace unclip::gateway
