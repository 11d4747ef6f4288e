// CLIP as the later stages of training use it: as it is.
#ifndef UNCLIP_TRAIN_FROZEN_CLIP_H_
#define UNCLIP_TRAIN_FROZEN_CLIP_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/clip/clip_model.h"

namespace unclip::train {

// What CLIP says of N captions. T tokens, D embedding width.
struct TextEncoding {
  at::Tensor embeddings;     // [N, D]
  at::Tensor hidden_states;  // [N, T, D]
  at::Tensor mask;           // [N, T] float32, 1 for tokens

  // This text where `chosen` [N] (bool) holds, else `other`, whose rows may be a single one.
  TextEncoding OrWhere(const at::Tensor& chosen, const TextEncoding& other) const;
};

// Pictures [N, 3, S, S] in -1..1 -> what an image tower reads: [N, 3, size, size], resized (bicubic, antialiased) and normalized
// as CLIPImageProcessor does, but for its rounding to 8 bits.
struct PixelNormalization {
  std::vector<float> mean;  // of R, G, B, of samples in 0..1
  std::vector<float> deviation;
  int size = 0;  // pixels a side

  at::Tensor operator()(const at::Tensor& pictures) const;

  // From preprocessor_config.json of feature_extractor/ and the tower's size.
  static absl::StatusOr<PixelNormalization> Read(const std::string& feature_extractor_dir, int size);
};

// Captions as token ids [N, T] int64, and which of them are the captions' own [N, T] float32.
struct CaptionTokens {
  at::Tensor ids;
  at::Tensor mask;
};
CaptionTokens Tokenize(const clip::BpeTokenizer& tokenizer, const std::vector<std::string>& captions);

// Immutable and thread-safe. Its answers have no gradients.
class FrozenClip {
 public:
  // Of the two halves of a checkpoint, computing in `type`; its answers are float32 all the same. Errors are one line that names
  // file and option or tensor.
  static absl::StatusOr<std::unique_ptr<const FrozenClip>> Load(const std::string& text_to_image_dir,
                                                                const std::string& image_variation_dir, at::ScalarType type);

  TextEncoding EncodeText(const std::vector<std::string>& captions) const;
  at::Tensor EncodeImages(const at::Tensor& pictures) const;  // [N, 3, S, S] in -1..1 -> [N, D]

  // Of the empty caption, one row.
  const TextEncoding& empty_text() const { return empty_text_; }

 private:
  FrozenClip(std::unique_ptr<const clip::ClipText> text, std::unique_ptr<const clip::ClipVision> vision,
             PixelNormalization normalization);

  std::unique_ptr<const clip::ClipText> text_;
  std::unique_ptr<const clip::ClipVision> vision_;
  PixelNormalization normalization_;
  TextEncoding empty_text_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_FROZEN_CLIP_H_
