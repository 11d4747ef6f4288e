// What the decoder service needs of a decoder cascade. Free of LibTorch, so that services and tests compile fast against a fake.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_
#define UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/conditioning/text_conditioning.h"
#include "common/image/rgb_image.h"

namespace unclip::decoder {

// What an engine holds.
struct DecoderModelInfo {
  std::string checkpoint_name;
  std::string fingerprint;  // hexadecimal SHA-256, see unclip.common.v1.ModelInfo
  int64_t parameter_count = 0;
  std::string dtype;  // "float32", "bfloat16" or "float16"
  int thread_count = 0;
  int embedding_dim = 0;             // D
  int context_length = 0;            // T
  int hidden_dim = 0;                // W
  int base_size = 0;                 // pixels a side of the base decoder's picture
  std::vector<int> super_res_sizes;  // pixels a side of each upsampler's picture, in order
};

// A validated request. Vectors have the lengths that DecoderModelInfo says.
struct DecodeImageInput {
  std::vector<float> image_embedding;  // D
  TextConditioning text;
  TextConditioning negative_text;          // read only when guidance_scale > 1
  int decoder_step_count = 2;              // ≥ 2
  std::vector<int> super_res_step_counts;  // one for each upsampler, each ≥ 2
  double guidance_scale = 1;               // ≥ 0, finite
  uint64_t seed = 0;
  int preview_step_interval = 0;  // 0: no previews
};

// A denoising step was done.
struct DecodeProgress {
  int stage = 0;                    // 0 the base decoder, i ≥ 1 upsampler i - 1
  int step = 0;                     // steps done in this stage
  int step_count = 0;               // steps of this stage
  std::optional<RgbImage> preview;  // the running estimate of the stage's picture, when one is due
};

// Called after each denoising step. When it returns an error, decoding stops and returns that error: this is how a cancelled
// request leaves.
using DecodeStepCallback = std::function<absl::Status(DecodeProgress progress)>;

// A finished picture.
struct DecodedImage {
  RgbImage image;
  absl::Duration decoder_duration;    // the base decoder
  absl::Duration super_res_duration;  // all upsamplers
};

// Turns image embeddings into pictures. Not thread-safe: call it from one thread at a time (and best always from the same one).
class DecoderEngine {
 public:
  virtual ~DecoderEngine() = default;

  virtual const DecoderModelInfo& info() const = 0;

  // Decodes one picture. The error of `on_step`, or INTERNAL on a fault of the model or a non-finite result.
  virtual absl::StatusOr<DecodedImage> Decode(const DecodeImageInput& input, const DecodeStepCallback& on_step) = 0;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_
