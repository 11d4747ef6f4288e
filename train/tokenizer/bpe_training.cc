#include "train/tokenizer/bpe_training.h"

#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/clip/byte_names.h"

namespace unclip::train {
namespace {

using Pair = std::pair<std::string, std::string>;

struct Word {
  std::vector<std::string> tokens;
  int64_t count = 0;
};

// Pairs of neighbours in all words, kept true while words change.
class PairCounts {
 public:
  explicit PairCounts(const std::vector<Word>& words) {
    for (size_t i = 0; i < words.size(); ++i) Add(words[i], i, 1);
  }

  // `sign` is 1 where the word comes in and -1 where it goes.
  void Add(const Word& word, size_t index, int sign) {
    for (size_t i = 0; i + 1 < word.tokens.size(); ++i) {
      Entry& entry = entries_[{word.tokens[i], word.tokens[i + 1]}];
      const Pair& pair = entries_.find({word.tokens[i], word.tokens[i + 1]})->first;
      order_.erase({-entry.count, pair});
      entry.count += sign * word.count;
      // Stays when the word goes: it may have the pair no longer, which whoever asks finds out.
      entry.words.insert(index);
      if (entry.count > 0) order_.insert({-entry.count, pair});
    }
  }

  // The most frequent pair, or nullptr when none occurs twice.
  const Pair* Best() const {
    const bool is_there = !order_.empty() && -order_.begin()->first >= 2;
    return is_there ? &order_.begin()->second : nullptr;
  }

  // Words that may have it.
  std::set<size_t> WordsOf(const Pair& pair) const { return entries_.at(pair).words; }

 private:
  struct Entry {
    int64_t count = 0;
    std::set<size_t> words;
  };

  std::map<Pair, Entry> entries_;
  std::set<std::pair<int64_t, Pair>> order_;  // by falling count
};

Word Spell(const std::string& bytes, int64_t count) {
  static const std::array<std::string, 256>& names = *new std::array<std::string, 256>(clip::ByteNames());
  Word word = {.tokens = {}, .count = count};
  for (const char byte : bytes) word.tokens.push_back(names[static_cast<uint8_t>(byte)]);
  absl::StrAppend(&word.tokens.back(), clip::kEndOfWord);
  return word;
}

void Join(const Pair& pair, Word& word) {
  std::vector<std::string> joined;
  for (size_t i = 0; i < word.tokens.size(); ++i) {
    const bool is_pair = i + 1 < word.tokens.size() && word.tokens[i] == pair.first && word.tokens[i + 1] == pair.second;
    joined.push_back(is_pair ? absl::StrCat(pair.first, pair.second) : word.tokens[i]);
    if (is_pair) ++i;
  }
  word.tokens = std::move(joined);
}

}  // namespace

clip::BpeMerges LearnMerges(const WordCounts& words, int max_merges) {
  std::vector<Word> spelt;
  for (const auto& [bytes, count] : words) {
    if (!bytes.empty()) spelt.push_back(Spell(bytes, count));
  }
  PairCounts pairs(spelt);
  clip::BpeMerges merges;
  while (static_cast<int>(merges.size()) < max_merges && pairs.Best() != nullptr) {
    const Pair best = *pairs.Best();
    for (const size_t index : pairs.WordsOf(best)) {
      pairs.Add(spelt[index], index, -1);
      Join(best, spelt[index]);
      pairs.Add(spelt[index], index, 1);
    }
    merges.push_back(best);
  }
  return merges;
}

}  // namespace unclip::train
