#include "services/clip/added_token_matcher.h"

#include <algorithm>
#include <limits>

namespace unclip::clip {

void AddedTokenMatcher::Split(absl::string_view text, absl::FunctionRef<void(absl::string_view)> on_text,
                              absl::FunctionRef<void(int32_t)> on_token) const {
  // Where each token stands next. Kept from match to match: looking anew for an absent token after each match would be quadratic.
  std::vector<size_t> next(tokens_.size());
  for (size_t i = 0; i < tokens_.size(); ++i) next[i] = text.find(tokens_[i].first);

  size_t done = 0;
  while (true) {
    size_t match = tokens_.size();
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (next[i] != absl::string_view::npos && next[i] < done) next[i] = text.find(tokens_[i].first, done);
      if (next[i] == absl::string_view::npos) continue;
      const bool is_better = match == tokens_.size() || next[i] < next[match] ||
                             (next[i] == next[match] && tokens_[i].first.size() > tokens_[match].first.size());
      if (is_better) match = i;
    }
    if (match == tokens_.size()) break;
    if (next[match] > done) on_text(text.substr(done, next[match] - done));
    on_token(tokens_[match].second);
    done = next[match] + tokens_[match].first.size();
  }
  if (done < text.size()) on_text(text.substr(done));
}

}  // namespace unclip::clip
