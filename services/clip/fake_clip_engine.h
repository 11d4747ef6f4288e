// A CLIP engine for tests: small, fast and steered by the test.
#ifndef UNCLIP_SERVICES_CLIP_FAKE_CLIP_ENGINE_H_
#define UNCLIP_SERVICES_CLIP_FAKE_CLIP_ENGINE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/clip/clip_engine.h"

namespace unclip::clip {

// D = 4, T = 3, W = 2. A prompt of n bytes has the embedding {n, n, n, n}, min(n, 1) + 2 tokens, and is truncated when n > 8; its
// hidden states are 0 to 5. A picture has the embedding {width, height, first sample, last sample}.
class FakeClipEngine final : public ClipEngine {
 public:
  struct Options {
    bool embeds_images = true;
    // Called on the worker thread before each forward pass; may block, so as to hold the engine busy. An error of it is the
    // engine's own. Null: nothing.
    std::function<absl::Status()> before_forward;
  };

  explicit FakeClipEngine(Options options);

  const ClipModelInfo& info() const override { return info_; }
  absl::StatusOr<TextEmbedding> EmbedText(absl::string_view prompt) override;
  absl::StatusOr<std::vector<float>> EmbedImage(const RgbImage& image) override;

  // What EmbedText() was called with, in order. Thread-safe.
  std::vector<std::string> prompts() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const Options options_;
  const ClipModelInfo info_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> prompts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_FAKE_CLIP_ENGINE_H_
