// Finds the tokens that stand in a text by name, such as "<|endoftext|>".
#ifndef UNCLIP_SERVICES_CLIP_ADDED_TOKEN_MATCHER_H_
#define UNCLIP_SERVICES_CLIP_ADDED_TOKEN_MATCHER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace unclip::clip {

// Splits texts at the tokens of a fixed list: the leftmost first, and of those that start at one place the longest. Immutable and
// thread-safe.
class AddedTokenMatcher {
 public:
  // Each token is its name, not empty, and its id.
  explicit AddedTokenMatcher(std::vector<std::pair<std::string, int32_t>> tokens) : tokens_(std::move(tokens)) {}

  // Calls, in the order of the text, `on_text` with each piece that is not empty and holds no token, and `on_token` with the id
  // of each token. Takes time in proportion to the text's length times the number of tokens.
  void Split(absl::string_view text, absl::FunctionRef<void(absl::string_view)> on_text,
             absl::FunctionRef<void(int32_t)> on_token) const;

 private:
  const std::vector<std::pair<std::string, int32_t>> tokens_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_ADDED_TOKEN_MATCHER_H_
