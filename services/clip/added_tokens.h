// The tokens of a tokenizer that are matched by name in a text, as its config files say them.
#ifndef UNCLIP_SERVICES_CLIP_ADDED_TOKENS_H_
#define UNCLIP_SERVICES_CLIP_ADDED_TOKENS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/clip/bpe_model.h"

namespace unclip::clip {

// A token that is matched by name in a text, before words are made.
struct AddedToken {
  std::string content;      // not empty
  bool normalized = false;  // whether its normalized form is matched in the normalized text, or itself in the text as it came
  int32_t id = 0;
};

// Makes of a token in a config file what the reference makes of it, but for the id: `value` is a string, or an object with
// "content". `normalized_by_default` counts where the value does not say. INVALID_ARGUMENT, naming `path` and `key`, when it is
// malformed or has options that are not implemented.
absl::StatusOr<AddedToken> ParseAddedToken(const std::string& path, absl::string_view key, const nlohmann::json& value,
                                           bool normalized_by_default);

// Collects added tokens and gives them ids. Not thread-safe.
class AddedTokens {
 public:
  // `vocabulary` must outlive this.
  explicit AddedTokens(const BpeVocabulary& vocabulary)
      : vocabulary_(vocabulary), next_id_(static_cast<int32_t>(vocabulary.size())) {}

  // Adds `token` unless one of its content is there, and returns its id: that of the vocabulary, or the next one after it.
  int32_t Add(AddedToken token);

  // Adds the tokens of `decoder`, the added_tokens_decoder (id → token) of tokenizer_config.json at `path`. INVALID_ARGUMENT when
  // it is malformed or gives a token another id than Add() does.
  absl::Status AddDecoder(const std::string& path, const nlohmann::json& decoder);

  // In the order in which they were added; their contents are distinct.
  const std::vector<AddedToken>& tokens() const { return tokens_; }
  // One more than the largest id that was given out, or the size of the vocabulary.
  int32_t next_id() const { return next_id_; }

 private:
  const BpeVocabulary& vocabulary_;
  int32_t next_id_;
  std::vector<AddedToken> tokens_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_ADDED_TOKENS_H_
