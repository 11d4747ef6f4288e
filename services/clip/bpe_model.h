// Byte pair encoding of single words.
#ifndef UNCLIP_SERVICES_CLIP_BPE_MODEL_H_
#define UNCLIP_SERVICES_CLIP_BPE_MODEL_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::clip {

using BpeVocabulary = absl::flat_hash_map<std::string, int32_t>;
using BpeMerges = std::vector<std::pair<std::string, std::string>>;

// Byte-level BPE with "</w>" at the end of each word. Source: tokenizers 0.22.1, models/bpe. Immutable and thread-safe.
class BpeModel {
 public:
  // `merges` in order of rank, without duplicates; `unknown_id` stands for bytes that have no token. INVALID_ARGUMENT when
  // `vocabulary` lacks a part or the result of a merge.
  static absl::StatusOr<std::unique_ptr<const BpeModel>> Create(const BpeVocabulary& vocabulary, const BpeMerges& merges,
                                                                int32_t unknown_id);

  // Appends the ids of `word` (bytes; nothing when it is empty) to `ids`. Takes n log n time for n bytes.
  void Encode(absl::string_view word, std::vector<int32_t>& ids) const;

 private:
  struct Merge {
    int32_t rank = 0;
    int32_t result = 0;  // id
  };

  BpeModel() = default;

  // The merge of two neighbouring ids, or nullptr.
  const Merge* Find(int32_t left, int32_t right) const;

  std::array<int32_t, 256> byte_ids_{};       // of a byte inside a word
  std::array<int32_t, 256> last_byte_ids_{};  // of a byte at its end
  absl::flat_hash_map<std::pair<int32_t, int32_t>, Merge> merges_;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_BPE_MODEL_H_
