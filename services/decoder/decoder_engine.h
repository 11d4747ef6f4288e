// What the decoder service needs of a decoder cascade. Free of LibTorch, so that services and tests compile fast against a fake.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_
#define UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/conditioning/text_conditioning.h"
#include "common/image/rgb_image.h"
#include "common/sampling/repaint_check.h"
#include "services/sampling/stage_sampling.h"

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
  // Of each stage, the base decoder, then the upsamplers; what is measured is so at warm-up.
  std::vector<int> max_batch_rows;  // samples of a step, see DecodeNeed; a request that alone has more is computed alone
  std::vector<absl::Duration> step_durations;  // of a step computed alone with guidance, measured
  std::vector<int64_t> row_bytes;              // memory that a sample takes while it is stepped, measured
  int64_t run_bytes = 0;                       // memory that a request with guidance keeps between its steps, measured

  // Pixels a side of the finished picture.
  int finished_size() const { return super_res_sizes.empty() ? base_size : super_res_sizes.back(); }
};

// A picture of which a part is kept.
struct InpaintingInput {
  RgbImage image;             // of DecoderModelInfo::finished_size() a side
  std::vector<uint8_t> kept;  // height × width: 0 to draw the pixel, 1 to keep it
  RepaintSteps steps = {};    // of the base decoder; the upsamplers go straight through
};

// A validated request. Vectors have the lengths that DecoderModelInfo says.
struct DecodeImageInput {
  std::vector<float> image_embedding;  // D
  TextConditioning text;
  TextConditioning negative_text;          // read only when guidance_scale > 1
  int decoder_step_count = 2;              // ≥ 2
  std::vector<int> super_res_step_counts;  // one for each upsampler, each ≥ 2
  double guidance_scale = 1;               // ≥ 0, finite
  StageSampling decoder_sampling = {};
  StageSampling super_res_sampling = {};  // of every upsampler
  uint64_t seed = 0;
  int preview_step_interval = 0;  // 0: no previews
  std::optional<InpaintingInput> inpainting = std::nullopt;

  // Denoising steps of stage 0, the base decoder, or i ≥ 1, upsampler i - 1, counting each as often as it is done.
  int StepsOfStage(int stage) const;
};

// A denoising step was done.
struct DecodeProgress {
  int stage = 0;                    // 0 the base decoder, i ≥ 1 upsampler i - 1
  int step = 0;                     // steps done in this stage
  int step_count = 0;               // steps of this stage, counting each as often as it is done
  std::optional<RgbImage> preview;  // the running estimate of the stage's picture, when one is due
};

// What a request needs for its next step.
struct DecodeNeed {
  int stage = 0;                                    // 0 the base decoder, i ≥ 1 upsampler i - 1
  int group = 0;                                    // requests of the same group can share the step; grows from stage to stage
  int rows = 1;                                     // samples that it puts into the batch
  absl::Duration step = absl::ZeroDuration();       // that the step takes when computed alone
  absl::Duration remaining = absl::ZeroDuration();  // that all its steps still take when computed alone
};

// What a request needs for its first step.
DecodeNeed FirstNeed(const DecodeImageInput& input, const DecoderModelInfo& info);

// A request inside an engine, between its steps. Made, stepped and ended by one engine; not thread-safe.
class DecoderRun {
 public:
  virtual ~DecoderRun() = default;

  // Of its next step; not once done().
  virtual DecodeNeed need() const = 0;

  // Whether all steps of all stages are done.
  virtual bool done() const = 0;

  // Of the step that was done last.
  virtual DecodeProgress progress() const = 0;
};

// Called after each denoising step; an error ends the decoding.
using DecodeStepCallback = std::function<absl::Status(DecodeProgress progress)>;

// Turns image embeddings into pictures. Not thread-safe: call it from one thread at a time (and best always from the same one).
class DecoderEngine {
 public:
  virtual ~DecoderEngine() = default;

  virtual const DecoderModelInfo& info() const = 0;

  // Projects a request's conditioning. `input` must outlive the run. INTERNAL on a fault of the model.
  virtual absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) = 0;

  // One denoising step of each of `runs`, which are of one group, or else each is computed on one thread. For
  // each, OK or INTERNAL on a fault of the model or values that are not finite. What a run gives does not depend on those beside
  // it, to the last bit.
  virtual std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) = 0;

  // The picture of a run that is done.
  virtual absl::StatusOr<RgbImage> Finish(DecoderRun& run) = 0;

  // All of it for one request. The error of `on_step` or of the above.
  absl::StatusOr<RgbImage> Decode(const DecodeImageInput& input, const DecodeStepCallback& on_step);
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_ENGINE_H_
