// Puts a tokenizer into a recipe's template.
#ifndef UNCLIP_TRAIN_TOKENIZER_TOKENIZER_TEMPLATE_H_
#define UNCLIP_TRAIN_TOKENIZER_TOKENIZER_TEMPLATE_H_

#include <string>

#include "absl/status/status.h"
#include "services/clip/bpe_model.h"

namespace unclip::train {

// Tokens that every vocabulary has: each byte inside a word and at its end, the start and the end of a text.
inline constexpr int kLeastVocabulary = 2 * 256 + 2;

struct NewTokenizer {
  clip::BpeMerges merges;
  int max_length = 77;  // of a text in tokens, start and end token included; at least 2

  int vocab_size() const { return kLeastVocabulary + static_cast<int>(merges.size()); }
};

// Writes vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json of a CLIP tokenizer, as transformers 4.57.1
// reads them, into text-to-image/tokenizer/ of `template_dir`, and what depends on them into the configs of the text encoder and
// the prior beside it (vocab_size, the ids of the special tokens, max_position_embeddings, num_embeddings). Nothing is written
// when one of those configs is missing (NOT_FOUND) or malformed (INVALID_ARGUMENT).
absl::Status PutTokenizerIntoTemplate(const NewTokenizer& tokenizer, const std::string& template_dir);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_TOKENIZER_TOKENIZER_TEMPLATE_H_
