// The files of a CLIP tokenizer's folder, read and checked.
#ifndef UNCLIP_SERVICES_CLIP_TOKENIZER_FILES_H_
#define UNCLIP_SERVICES_CLIP_TOKENIZER_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/clip/added_tokens.h"
#include "services/clip/bpe_model.h"

namespace unclip::clip {

struct TokenizerFiles {
  BpeVocabulary vocabulary;              // ids are distinct
  BpeMerges merges;                      // in order of rank, distinct
  std::vector<AddedToken> added_tokens;  // contents are distinct
  int32_t start_id = 0;                  // bos_token
  int32_t end_id = 0;                    // eos_token
  int32_t unknown_id = 0;                // unk_token
  int32_t pad_id = 0;                    // pad_token
  int max_length = 0;                    // model_max_length, at least 2
  int vocab_size = 0;                    // one more than the largest id
};

// Reads vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json in `dir`, and makes of them what
// transformers 4.57.1 makes (CLIPTokenizerFast by way of CLIPTokenizer): special_tokens_map.json, which may be absent, counts
// only where tokenizer_config.json has no added_tokens_decoder, and then overrides it; the first line of merges.txt is dropped.
// In one thing the result differs: a pad token that is a word of the vocabulary, and not the start, end or unknown token as well,
// is not matched in texts (Karlo's is "!", which transformers turns into padding inside a prompt, unlike the tokenizer that the
// model was trained with).
//
// NOT_FOUND for a missing file, INVALID_ARGUMENT for a malformed one or an option that is not implemented; one line that names
// the file.
absl::StatusOr<TokenizerFiles> ReadTokenizerFiles(const std::string& dir);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_TOKENIZER_FILES_H_
