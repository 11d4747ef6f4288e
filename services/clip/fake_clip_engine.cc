#include "services/clip/fake_clip_engine.h"

#include <utility>

#include "base/status_macros.h"

namespace unclip::clip {

FakeClipEngine::FakeClipEngine(Options options)
    : options_(std::move(options)),
      info_({.checkpoint_name = "fake",
             .fingerprint = "00ff",
             .parameter_count = 42,
             .dtype = "float32",
             .thread_count = 1,
             .embedding_dim = 4,
             .context_length = 3,
             .hidden_dim = 2,
             .embeds_images = options_.embeds_images}) {}

absl::StatusOr<TextEmbedding> FakeClipEngine::EmbedText(absl::string_view prompt) {
  {
    absl::MutexLock lock(&mutex_);
    prompts_.emplace_back(prompt);
  }
  if (options_.before_forward) RETURN_IF_ERROR(options_.before_forward());
  const auto size = static_cast<float>(prompt.size());
  return TextEmbedding{.conditioning = {.text_embedding = {size, size, size, size},
                                        .hidden_states = {0, 1, 2, 3, 4, 5},
                                        .attention_mask = {1, 1, static_cast<uint8_t>(prompt.empty() ? 0 : 1)}},
                       .token_count = prompt.empty() ? 2 : 3,
                       .truncated = prompt.size() > 8};
}

absl::StatusOr<std::vector<float>> FakeClipEngine::EmbedImage(const RgbImage& image) {
  if (!options_.embeds_images) return absl::UnimplementedError("the checkpoint has no image encoder");
  if (options_.before_forward) RETURN_IF_ERROR(options_.before_forward());
  return std::vector<float>{static_cast<float>(image.width), static_cast<float>(image.height),
                            static_cast<float>(image.pixels.front()), static_cast<float>(image.pixels.back())};
}

std::vector<std::string> FakeClipEngine::prompts() const {
  absl::MutexLock lock(&mutex_);
  return prompts_;
}

}  // namespace unclip::clip
