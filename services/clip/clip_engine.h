// What the CLIP service needs of a CLIP model. Free of LibTorch, so that services and tests compile fast against a fake.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_ENGINE_H_
#define UNCLIP_SERVICES_CLIP_CLIP_ENGINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/conditioning/text_conditioning.h"
#include "common/image/rgb_image.h"

namespace unclip::clip {

// What an engine holds.
struct ClipModelInfo {
  std::string checkpoint_name;
  std::string fingerprint;  // hexadecimal SHA-256, see unclip.common.v1.ModelInfo
  int64_t parameter_count = 0;
  std::string dtype;  // "float32", "bfloat16" or "float16"
  int thread_count = 0;
  int embedding_dim = 0;   // D
  int context_length = 0;  // T
  int hidden_dim = 0;      // W
  bool embeds_images = false;
};

// One prompt's conditioning, and what the tokenizer made of it.
struct TextEmbedding {
  TextConditioning conditioning;
  int token_count = 0;     // start and end tokens included, after truncation
  bool truncated = false;  // whether tokens were cut off
};

// Embeds prompts and pictures. Not thread-safe: call it from one thread at a time (and best always from the same one, as each
// calling thread gets an OpenMP team of its own).
class ClipEngine {
 public:
  virtual ~ClipEngine() = default;

  virtual const ClipModelInfo& info() const = 0;

  // Embeds one prompt; `prompt` is valid UTF-8. INTERNAL on a fault of the model or a non-finite result.
  virtual absl::StatusOr<TextEmbedding> EmbedText(absl::string_view prompt) = 0;

  // Embeds one picture; the result has D values. UNIMPLEMENTED when the checkpoint has no image encoder.
  virtual absl::StatusOr<std::vector<float>> EmbedImage(const RgbImage& image) = 0;
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_ENGINE_H_
