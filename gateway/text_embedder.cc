#include "gateway/text_embedder.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "common/rpc/proto_duration.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {
namespace {

// One of the request's prompts, and what the service says of it once that is known.
struct Prompt {
  const char* field;
  const std::string& text;
  EmbeddingCache::Embedding embedding = nullptr;
};

absl::Status CheckEmbedding(absl::string_view field, const common::v1::TextConditioning& conditioning,
                            const Capabilities& capabilities) {
  const std::string embedding = absl::StrCat(field, "'s embedding");
  const std::string hidden_states = absl::StrCat(field, "'s hidden states");
  absl::Status status = CheckLength(embedding, conditioning.text_embedding_size(), capabilities.embedding_dim);
  status.Update(CheckFinite(embedding, conditioning.text_embedding()));
  const size_t hidden_size = static_cast<size_t>(capabilities.context_length) * capabilities.hidden_dim;
  status.Update(CheckLength(hidden_states, conditioning.hidden_states_size(), hidden_size));
  status.Update(CheckFinite(hidden_states, conditioning.hidden_states()));
  status.Update(CheckLength(absl::StrCat(field, "'s mask"), conditioning.attention_mask_size(), capabilities.context_length));
  if (status.ok()) return status;
  return absl::InternalError(absl::StrCat("the clip service answered with a broken embedding: ", status.message()));
}

// Asks for what the cache did not hold, and keeps it there once it is known to be whole.
absl::Status EmbedMissing(ClipClient* clip, EmbeddingCache* cache, EmbeddingCache::Era era, const Capabilities& capabilities,
                          const RequestContext& context, absl::Span<Prompt> prompts) {
  std::vector<std::string> missing;  // each once, though both prompts of a request may be the same
  for (const Prompt& prompt : prompts) {
    if (prompt.embedding == nullptr && !absl::c_linear_search(missing, prompt.text)) missing.push_back(prompt.text);
  }
  if (missing.empty()) return context.cancellation->status();  // as a call would
  ASSIGN_OR_RETURN(const clip::v1::EmbedTextResponse response, clip->EmbedText(context, missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    // A copy, as what was parsed may hold room to grow.
    const auto embedding = std::make_shared<const clip::v1::TextEmbedding>(response.embeddings(static_cast<int>(i)));
    for (Prompt& prompt : prompts) {
      if (prompt.text != missing[i]) continue;
      RETURN_IF_ERROR(CheckEmbedding(prompt.field, embedding->conditioning(), capabilities));
      prompt.embedding = embedding;
    }
    cache->Insert(era, missing[i], embedding);
  }
  return absl::OkStatus();
}

v1::Warning TruncationWarning(v1::Warning::Code code, absl::string_view field, const Capabilities& capabilities) {
  v1::Warning warning;
  warning.set_code(code);
  warning.set_message(absl::StrCat(field, " is longer than the ", capabilities.context_length,
                                   " tokens that the model reads; the rest was cut off"));
  return warning;
}

}  // namespace

absl::StatusOr<EmbeddedPrompts> EmbedPrompts(ClipClient* clip, EmbeddingCache* cache, const GenerationRequest& request,
                                             const Capabilities& capabilities, const RequestContext& context) {
  const absl::Duration start = context.clock->Now();
  const EmbeddingCache::Era era = cache->EraOf(TextModelOf(capabilities));
  Prompt both[] = {{.field = "prompt", .text = request.prompt}, {.field = "negative_prompt", .text = request.negative_prompt}};
  for (Prompt& prompt : both) prompt.embedding = cache->Find(era, prompt.text);
  RETURN_IF_ERROR(EmbedMissing(clip, cache, era, capabilities, context, absl::MakeSpan(both)));
  const auto& [text, negative_text] = both;

  EmbeddedPrompts prompts;
  prompts.timing.set_stage(common::v1::STAGE_EMBED_TEXT);
  *prompts.timing.mutable_run_duration() = ToProtoDuration(context.clock->Now() - start);
  *prompts.timing.mutable_queue_duration() = ToProtoDuration(absl::ZeroDuration());
  if (text.embedding->truncated()) {
    prompts.warnings.push_back(TruncationWarning(v1::Warning::CODE_PROMPT_TRUNCATED, text.field, capabilities));
  }
  if (negative_text.embedding->truncated()) {
    prompts.warnings.push_back(TruncationWarning(v1::Warning::CODE_NEGATIVE_PROMPT_TRUNCATED, negative_text.field, capabilities));
  }
  prompts.text = text.embedding->conditioning();
  prompts.negative_text = negative_text.embedding->conditioning();
  return prompts;
}

}  // namespace unclip::gateway
