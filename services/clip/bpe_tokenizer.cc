#include "services/clip/bpe_tokenizer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/clip/added_tokens.h"
#include "services/clip/text_normalizer.h"

namespace unclip::clip {
namespace {

// The tokens that are matched in the normalized text, or those that are matched before.
AddedTokenMatcher MakeMatcher(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<std::pair<std::string, int32_t>> names;
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    names.emplace_back(normalized ? NormalizeText(token.content) : token.content, token.id);
  }
  return AddedTokenMatcher(std::move(names));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const BpeTokenizer>> BpeTokenizer::Load(const std::string& tokenizer_dir) {
  ASSIGN_OR_RETURN(const TokenizerFiles files, ReadTokenizerFiles(tokenizer_dir));
  absl::StatusOr<std::unique_ptr<const BpeModel>> model = BpeModel::Create(files.vocabulary, files.merges, files.unknown_id);
  if (!model.ok()) {
    return absl::Status(model.status().code(), absl::StrCat(tokenizer_dir, "/merges.txt: ", model.status().message()));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<const WordSplitter> splitter, WordSplitter::Create());
  return std::unique_ptr<const BpeTokenizer>(new BpeTokenizer(files, *std::move(model), std::move(splitter)));
}

BpeTokenizer::BpeTokenizer(const TokenizerFiles& files, std::unique_ptr<const BpeModel> model,
                           std::unique_ptr<const WordSplitter> splitter)
    : model_(std::move(model)),
      splitter_(std::move(splitter)),
      raw_matcher_(MakeMatcher(files.added_tokens, /*normalized=*/false)),
      normalized_matcher_(MakeMatcher(files.added_tokens, /*normalized=*/true)),
      max_length_(files.max_length),
      vocab_size_(files.vocab_size),
      start_id_(files.start_id),
      end_id_(files.end_id),
      pad_id_(files.pad_id) {}

void BpeTokenizer::EncodePiece(absl::string_view text, std::vector<int32_t>& ids) const {
  const auto encode_word = [&](absl::string_view word) { model_->Encode(word, ids); };
  normalized_matcher_.Split(
      NormalizeText(text), [&](absl::string_view words) { splitter_->Split(words, encode_word); },
      [&](int32_t id) { ids.push_back(id); });
}

TokenizedText BpeTokenizer::Encode(absl::string_view text) const {
  TokenizedText result;
  result.ids.push_back(start_id_);
  raw_matcher_.Split(
      text, [&](absl::string_view piece) { EncodePiece(piece, result.ids); }, [&](int32_t id) { result.ids.push_back(id); });
  result.untruncated_count = static_cast<int>(result.ids.size()) + 1;
  result.truncated = result.untruncated_count > max_length_;
  if (result.truncated) result.ids.resize(max_length_ - 1);
  result.ids.push_back(end_id_);
  return result;
}

PaddedTokens BpeTokenizer::Pad(absl::Span<const int32_t> ids) const {
  PaddedTokens result;
  result.ids.assign(max_length_, pad_id_);
  result.mask.assign(max_length_, 0);
  const size_t count = std::min(ids.size(), result.ids.size());
  std::copy_n(ids.begin(), count, result.ids.begin());
  std::fill_n(result.mask.begin(), count, 1);
  return result;
}

}  // namespace unclip::clip
