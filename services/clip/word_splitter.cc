#include "services/clip/word_splitter.h"

#include <unicode/uniset.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/clip/unicode_16.h"

namespace unclip::clip {
namespace {

// The inside of a character class. RE2's own \p{L} and \p{N} are those of whichever Unicode version it was built with.
std::string ClassItems(const icu::UnicodeSet& set) {
  std::string items;
  for (int32_t i = 0; i < set.getRangeCount(); ++i) {
    absl::StrAppend(&items, "\\x{", absl::Hex(set.getRangeStart(i)), "}-\\x{", absl::Hex(set.getRangeEnd(i)), "}");
  }
  return items;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const WordSplitter>> WordSplitter::Create() {
  const std::string letters = ClassItems(Unicode16Letters());
  const std::string numbers = ClassItems(Unicode16Numbers());
  const std::string spaces = ClassItems(Unicode16WhiteSpace());
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);  // the classes have 800 ranges, and a search past the limit would fall back to a slow one
  auto splitter = std::unique_ptr<const WordSplitter>(new WordSplitter(
      absl::StrCat("'s|'t|'re|'ve|'m|'ll|'d|[", letters, "]+|[", numbers, "]|[^", spaces, letters, numbers, "]+"),
      absl::StrCat("[", spaces, "]+"), options));
  for (const RE2* pattern : {&splitter->word_, &splitter->white_space_}) {
    if (!pattern->ok()) return absl::InternalError(absl::StrCat("the tokenizer's pattern does not compile: ", pattern->error()));
  }
  return splitter;
}

void WordSplitter::Split(absl::string_view text, absl::FunctionRef<void(absl::string_view)> on_word) const {
  // Without capturing groups, which RE2 finds by a slower method than the match itself.
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece match;
  for (size_t at = 0; at < text.size(); at += match.size()) {
    if (white_space_.Match(whole, at, text.size(), RE2::ANCHOR_START, &match, 1)) continue;
    if (!word_.Match(whole, at, text.size(), RE2::ANCHOR_START, &match, 1)) return;  // only where the text is not UTF-8
    on_word(absl::string_view(match.data(), match.size()));
  }
}

}  // namespace unclip::clip
