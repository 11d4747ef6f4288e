// A loaded CLIP: tokenizer and text tower, and the image tower where the checkpoint has one.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_MODEL_H_
#define UNCLIP_SERVICES_CLIP_CLIP_MODEL_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "model/weights/checkpoint.h"
#include "services/clip/bpe_tokenizer.h"
#include "services/clip/clip_text_model.h"
#include "services/clip/clip_vision_model.h"
#include "services/clip/image_preprocessor.h"

namespace unclip::clip {

// The text half. Immutable once loaded; thread-safe.
struct ClipText {
  std::unique_ptr<const BpeTokenizer> tokenizer;
  ClipTextModel network;
  int64_t parameter_count = 0;
};

// The image half. Immutable once loaded; thread-safe.
struct ClipVision {
  ImagePreprocessor preprocessor;
  ClipVisionModel network;
  int64_t parameter_count = 0;
};

// Loads tokenizer/ and text_encoder/, in the type and on the device of `options`. Errors are one line that names file and option
// or tensor.
absl::StatusOr<std::unique_ptr<const ClipText>> LoadClipText(const model::Checkpoint& checkpoint,
                                                             const at::TensorOptions& options);

// Loads feature_extractor/ and image_encoder/. Errors as above.
absl::StatusOr<std::unique_ptr<const ClipVision>> LoadClipVision(const model::Checkpoint& checkpoint,
                                                                 const at::TensorOptions& options);

// Token ids as the text tower takes them: [1, T] int64.
at::Tensor TokenTensor(const PaddedTokens& tokens);

// Which of them are tokens of the prompt: [1, T] bool.
at::Tensor MaskTensor(const PaddedTokens& tokens);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_MODEL_H_
