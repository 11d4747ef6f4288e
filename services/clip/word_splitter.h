// Splits normalized text into the words that byte pair encoding works on.
#ifndef UNCLIP_SERVICES_CLIP_WORD_SPLITTER_H_
#define UNCLIP_SERVICES_CLIP_WORD_SPLITTER_H_

#include <re2/re2.h>

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::clip {

// CLIP's pattern: 's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+ as of Unicode 16; white space separates and is dropped.
// Immutable and thread-safe.
class WordSplitter {
 public:
  // INTERNAL when the pattern does not compile.
  static absl::StatusOr<std::unique_ptr<const WordSplitter>> Create();

  // Calls `on_word` with each word of `text`, valid UTF-8, in order. Takes time in proportion to its length.
  void Split(absl::string_view text, absl::FunctionRef<void(absl::string_view)> on_word) const;

 private:
  WordSplitter(const std::string& word, const std::string& white_space, const RE2::Options& options)
      : word_(word, options), white_space_(white_space, options) {}

  const RE2 word_;
  const RE2 white_space_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_WORD_SPLITTER_H_
