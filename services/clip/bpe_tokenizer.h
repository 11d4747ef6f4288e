// CLIP's byte-level BPE tokenizer, equal to the fast CLIP tokenizer of Hugging Face (tokenizers 0.22.1 as transformers 4.57.1
// sets it up). Free of LibTorch.
#ifndef UNCLIP_SERVICES_CLIP_BPE_TOKENIZER_H_
#define UNCLIP_SERVICES_CLIP_BPE_TOKENIZER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/clip/added_token_matcher.h"
#include "services/clip/bpe_model.h"
#include "services/clip/tokenizer_files.h"
#include "services/clip/word_splitter.h"

namespace unclip::clip {

// A text as token ids.
struct TokenizedText {
  std::vector<int32_t> ids;   // start token, the text's tokens, end token; at most max_length() of them
  int untruncated_count = 0;  // tokens before truncation, start and end token included
  bool truncated = false;     // whether tokens of the text were cut off
};

// Token ids at the length that the text tower takes.
struct PaddedTokens {
  std::vector<int32_t> ids;   // max_length() ids; pad_token_id() after the text's own
  std::vector<uint8_t> mask;  // max_length() values; 1 where a token of the text stands, 0 where padding does
};

// Turns text into token ids. Immutable and thread-safe.
class BpeTokenizer {
 public:
  // Reads vocab.json, merges.txt, tokenizer_config.json and (where it counts) special_tokens_map.json in `tokenizer_dir`. The
  // files are untrusted: NOT_FOUND for a missing one, INVALID_ARGUMENT for one that is malformed or asks for what is not
  // implemented; the message is one line that names the file.
  static absl::StatusOr<std::unique_ptr<const BpeTokenizer>> Load(const std::string& tokenizer_dir);

  // Never fails: every text has tokens. Bytes that are not UTF-8 count as U+FFFD. Takes n log n time for n bytes.
  TokenizedText Encode(absl::string_view text) const;

  // Fills up to max_length(). `ids` has at most that many.
  PaddedTokens Pad(absl::Span<const int32_t> ids) const;

  // Tokens that the text tower takes, start and end token included (model_max_length), at least 2.
  int max_length() const { return max_length_; }
  // One more than the largest token id.
  int vocab_size() const { return vocab_size_; }
  int32_t start_token_id() const { return start_id_; }
  int32_t end_token_id() const { return end_id_; }
  int32_t pad_token_id() const { return pad_id_; }

 private:
  BpeTokenizer(const TokenizerFiles& files, std::unique_ptr<const BpeModel> model, std::unique_ptr<const WordSplitter> splitter);

  // Appends the ids of `text`, which holds no token that is matched in the text as it came.
  void EncodePiece(absl::string_view text, std::vector<int32_t>& ids) const;

  const std::unique_ptr<const BpeModel> model_;
  const std::unique_ptr<const WordSplitter> splitter_;
  const AddedTokenMatcher raw_matcher_;         // of tokens that are looked for in the text as it came
  const AddedTokenMatcher normalized_matcher_;  // of those that are looked for after its normalization
  const int max_length_;
  const int vocab_size_;
  const int32_t start_id_;
  const int32_t end_id_;
  const int32_t pad_id_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_BPE_TOKENIZER_H_
