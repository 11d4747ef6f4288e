#include "services/clip/clip_model.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/load_network.h"
#include "services/clip/clip_config.h"

namespace unclip::clip {

absl::StatusOr<std::unique_ptr<const ClipText>> LoadClipText(const model::Checkpoint& checkpoint,
                                                             const at::TensorOptions& options) {
  ASSIGN_OR_RETURN(const std::string tokenizer_dir, checkpoint.ComponentDir("tokenizer"));
  ASSIGN_OR_RETURN(std::unique_ptr<const BpeTokenizer> tokenizer, BpeTokenizer::Load(tokenizer_dir));
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir("text_encoder"));
  ASSIGN_OR_RETURN(const ClipTextConfig config, ReadClipTextConfig(dir));
  if (tokenizer->max_length() != config.max_position_embeddings || tokenizer->vocab_size() > config.vocab_size) {
    return absl::InvalidArgumentError(absl::StrCat(tokenizer_dir, ": ", tokenizer->vocab_size(), " tokens and a context of ",
                                                   tokenizer->max_length(), " do not fit the text encoder's ", config.vocab_size,
                                                   " and ", config.max_position_embeddings));
  }
  int64_t parameter_count = 0;
  ASSIGN_OR_RETURN(ClipTextModel network, (model::LoadNetwork<ClipTextModel>(config, dir, options, parameter_count)));
  return std::make_unique<const ClipText>(ClipText{std::move(tokenizer), std::move(network), parameter_count});
}

absl::StatusOr<std::unique_ptr<const ClipVision>> LoadClipVision(const model::Checkpoint& checkpoint,
                                                                 const at::TensorOptions& options) {
  ASSIGN_OR_RETURN(const std::string preprocessor_dir, checkpoint.ComponentDir("feature_extractor"));
  ASSIGN_OR_RETURN(ImagePreprocessor preprocessor, ImagePreprocessor::Load(preprocessor_dir));
  ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir("image_encoder"));
  ASSIGN_OR_RETURN(const ClipVisionConfig config, ReadClipVisionConfig(dir));
  if (preprocessor.width() != config.image_size || preprocessor.height() != config.image_size) {
    return absl::InvalidArgumentError(absl::StrCat(preprocessor_dir, "/preprocessor_config.json: crops to ", preprocessor.width(),
                                                   "×", preprocessor.height(), ", but the image encoder reads ",
                                                   config.image_size, "×", config.image_size));
  }
  int64_t parameter_count = 0;
  ASSIGN_OR_RETURN(ClipVisionModel network, (model::LoadNetwork<ClipVisionModel>(config, dir, options, parameter_count)));
  return std::make_unique<const ClipVision>(ClipVision{preprocessor, std::move(network), parameter_count});
}

at::Tensor TokenTensor(const PaddedTokens& tokens) {
  at::Tensor tensor = at::empty({1, static_cast<int64_t>(tokens.ids.size())}, at::TensorOptions().dtype(at::kLong));
  std::copy(tokens.ids.begin(), tokens.ids.end(), tensor.data_ptr<int64_t>());
  return tensor;  // [1, T]
}

at::Tensor MaskTensor(const PaddedTokens& tokens) {
  at::Tensor tensor = at::empty({1, static_cast<int64_t>(tokens.mask.size())}, at::TensorOptions().dtype(at::kBool));
  std::copy(tokens.mask.begin(), tokens.mask.end(), tensor.data_ptr<bool>());
  return tensor;  // [1, T]
}

}  // namespace unclip::clip
