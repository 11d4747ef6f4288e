#include "services/clip/bpe_model.h"

#include <functional>
#include <queue>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/clip/byte_names.h"

namespace unclip::clip {
namespace {

// A piece of the word being encoded. The pieces form a doubly linked list over their places.
struct Symbol {
  int32_t id = 0;
  int32_t previous = -1;  // place, or -1
  int32_t next = -1;      // place, or -1
  bool merged_away = false;
};

struct Candidate {
  int32_t rank = 0;
  int32_t place = 0;   // of the left part
  int32_t result = 0;  // id

  bool operator>(const Candidate& other) const { return std::tie(rank, place) > std::tie(other.rank, other.place); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<const BpeModel>> BpeModel::Create(const BpeVocabulary& vocabulary, const BpeMerges& merges,
                                                                 int32_t unknown_id) {
  auto model = std::unique_ptr<BpeModel>(new BpeModel());
  const auto id_or_unknown = [&](const std::string& token) {
    const auto found = vocabulary.find(token);
    return found == vocabulary.end() ? unknown_id : found->second;
  };
  const std::array<std::string, 256> names = ByteNames();
  for (int byte = 0; byte < 256; ++byte) {
    model->byte_ids_[byte] = id_or_unknown(names[byte]);
    model->last_byte_ids_[byte] = id_or_unknown(absl::StrCat(names[byte], kEndOfWord));
  }

  model->merges_.reserve(merges.size());
  int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    std::array<int32_t, 3> ids;
    size_t i = 0;
    for (const std::string& token : {left, right, absl::StrCat(left, right)}) {
      const auto found = vocabulary.find(token);
      if (found == vocabulary.end()) {
        return absl::InvalidArgumentError(absl::StrCat("merge ", rank + 1, " needs the token \"",
                                                       absl::Utf8SafeCHexEscape(token.substr(0, 100)),
                                                       "\", which the vocabulary does not have"));
      }
      ids[i++] = found->second;
    }
    model->merges_.insert_or_assign({ids[0], ids[1]}, Merge{.rank = rank++, .result = ids[2]});
  }
  return model;
}

const BpeModel::Merge* BpeModel::Find(int32_t left, int32_t right) const {
  const auto found = merges_.find({left, right});
  return found == merges_.end() ? nullptr : &found->second;
}

void BpeModel::Encode(absl::string_view word, std::vector<int32_t>& ids) const {
  if (word.empty()) return;
  const auto size = static_cast<int32_t>(word.size());
  std::vector<Symbol> symbols(size);
  std::vector<Candidate> initial;
  for (int32_t i = 0; i < size; ++i) {
    const auto byte = static_cast<uint8_t>(word[i]);
    symbols[i] = {
        .id = i + 1 < size ? byte_ids_[byte] : last_byte_ids_[byte], .previous = i - 1, .next = i + 1 < size ? i + 1 : -1};
    if (i == 0) continue;
    if (const Merge* merge = Find(symbols[i - 1].id, symbols[i].id)) initial.push_back({merge->rank, i - 1, merge->result});
  }

  // Lowest rank first, leftmost among equals. A candidate whose parts have changed since is dropped when its turn comes.
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue(std::greater<>(), std::move(initial));
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbols[top.place];
    if (left.merged_away || left.next < 0) continue;
    Symbol& right = symbols[left.next];
    const Merge* current = Find(left.id, right.id);
    if (current == nullptr || current->result != top.result) continue;

    left.id = top.result;
    left.next = right.next;
    right.merged_away = true;
    if (left.next >= 0) symbols[left.next].previous = top.place;
    if (left.previous >= 0) {
      if (const Merge* merge = Find(symbols[left.previous].id, left.id)) queue.push({merge->rank, left.previous, merge->result});
    }
    if (left.next >= 0) {
      if (const Merge* merge = Find(left.id, symbols[left.next].id)) queue.push({merge->rank, top.place, merge->result});
    }
  }
  for (const Symbol& symbol : symbols) {
    if (!symbol.merged_away) ids.push_back(symbol.id);
  }
}

}  // namespace unclip::clip
