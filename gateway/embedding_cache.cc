#include "gateway/embedding_cache.h"

#include <utility>

namespace unclip::gateway {

int64_t EmbeddingCache::BytesOf(absl::string_view prompt, const clip::v1::TextEmbedding& embedding) {
  // The list's two links, and the map's slot with its control byte, twice over, as the map is at least half full after it grew.
  constexpr size_t kIndexBytes = 2 * sizeof(void*) + 2 * (sizeof(absl::string_view) + sizeof(Entries::iterator) + 1);
  return static_cast<int64_t>(sizeof(Entry) + kIndexBytes + prompt.size() + embedding.SpaceUsedLong());
}

void EmbeddingCache::UseModel(absl::string_view model) {
  absl::MutexLock lock(&mutex_);
  if (model == model_) return;
  model_ = std::string(model);
  ++era_;
  by_prompt_.clear();
  entries_.clear();
  bytes_ = 0;
  metrics_->SetEmbeddingCacheBytes(bytes_);
}

EmbeddingCache::Era EmbeddingCache::EraOf(absl::string_view model) const {
  absl::MutexLock lock(&mutex_);
  return model.empty() || model != model_ ? kNoEra : era_;
}

EmbeddingCache::Embedding EmbeddingCache::Find(Era era, absl::string_view prompt) {
  if (max_bytes_ == 0) return nullptr;
  absl::MutexLock lock(&mutex_);
  const auto found = IsNow(era) ? by_prompt_.find(prompt) : by_prompt_.end();
  metrics_->EmbeddingLookedUp(/*hit=*/found != by_prompt_.end());
  if (found == by_prompt_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->embedding;
}

void EmbeddingCache::Insert(Era era, absl::string_view prompt, Embedding embedding) {
  const int64_t bytes = BytesOf(prompt, *embedding);
  if (bytes > max_bytes_) return;
  absl::MutexLock lock(&mutex_);
  // Two requests may have asked for the same prompt at a time; they got the same bytes.
  if (!IsNow(era) || by_prompt_.contains(prompt)) return;
  while (bytes_ + bytes > max_bytes_) EvictOldest();
  entries_.push_front({.prompt = std::string(prompt), .embedding = std::move(embedding), .bytes = bytes});
  by_prompt_.emplace(entries_.front().prompt, entries_.begin());
  bytes_ += bytes;
  metrics_->SetEmbeddingCacheBytes(bytes_);
}

void EmbeddingCache::EvictOldest() {
  bytes_ -= entries_.back().bytes;
  by_prompt_.erase(entries_.back().prompt);  // before the text that it views goes
  entries_.pop_back();
  metrics_->EmbeddingEvicted();
}

}  // namespace unclip::gateway
