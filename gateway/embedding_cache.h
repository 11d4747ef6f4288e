// What the clip service said of the prompts that were asked for last, so that a prompt which comes again, and above all the empty
// one, is not embedded again. An embedding is a pure function of the text model and the prompt, so an answer is the same bytes
// with the cache as without.
#ifndef UNCLIP_GATEWAY_EMBEDDING_CACHE_H_
#define UNCLIP_GATEWAY_EMBEDDING_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "gateway/gateway_metrics.h"
#include "unclip/clip/v1/clip_service.pb.h"

namespace unclip::gateway {

// Least recently used, bounded by bytes, of one text model at a time. Prompts are what users wrote: they are kept as keys only,
// and go when their embedding goes. Thread-safe.
class EmbeddingCache {
 public:
  using Embedding = std::shared_ptr<const clip::v1::TextEmbedding>;

  // A span of time in which one model was in use. What was asked for in one era is not kept in another, even if that is of the
  // same model again: a replica with the other model may have answered.
  using Era = int64_t;
  static constexpr Era kNoEra = 0;

  // Keeps at most `max_bytes`, as BytesOf() counts them; 0 turns the cache off. `metrics` must outlive the cache.
  EmbeddingCache(int64_t max_bytes, GatewayMetrics* metrics) : max_bytes_(max_bytes), metrics_(metrics) {}

  // Says which model answers from now on, "" when none does. Forgets everything and begins an era when that is another than
  // before.
  void UseModel(absl::string_view model) ABSL_LOCKS_EXCLUDED(mutex_);

  // The era of now if it is `model`'s, else kNoEra. To be read before the service is asked for what is to be kept.
  Era EraOf(absl::string_view model) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Null when there is none, or `era` is over. Counts a hit or a miss.
  Embedding Find(Era era, absl::string_view prompt) ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps what was answered to `prompt`, at the cost of those not used for longest; without effect when `era` is over, or when it
  // alone is larger than the cache.
  void Insert(Era era, absl::string_view prompt, Embedding embedding) ABSL_LOCKS_EXCLUDED(mutex_);

  // What keeping the two takes, with all that is needed to find them again.
  static int64_t BytesOf(absl::string_view prompt, const clip::v1::TextEmbedding& embedding);

 private:
  struct Entry {
    std::string prompt;
    Embedding embedding;
    int64_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  bool IsNow(Era era) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return era != kNoEra && era == era_; }
  void EvictOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int64_t max_bytes_;
  GatewayMetrics* const metrics_;

  mutable absl::Mutex mutex_;
  std::string model_ ABSL_GUARDED_BY(mutex_);
  Era era_ ABSL_GUARDED_BY(mutex_) = kNoEra;
  Entries entries_ ABSL_GUARDED_BY(mutex_);                                                      // the last used first
  absl::flat_hash_map<absl::string_view, Entries::iterator> by_prompt_ ABSL_GUARDED_BY(mutex_);  // views of the entries' prompts
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_EMBEDDING_CACHE_H_
