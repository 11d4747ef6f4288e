#include "services/decoder/fake_decoder_engine.h"

#include <utility>

#include "base/status_macros.h"

namespace unclip::decoder {
namespace {

RgbImage Filled(int size, int value) {
  return {.width = size,
          .height = size,
          .pixels = std::vector<uint8_t>(static_cast<size_t>(size) * static_cast<size_t>(size) * 3, static_cast<uint8_t>(value))};
}

}  // namespace

FakeDecoderEngine::FakeDecoderEngine(BeforeStep before_step)
    : info_({.checkpoint_name = "fake",
             .fingerprint = "00ff",
             .parameter_count = 42,
             .dtype = "float32",
             .thread_count = 1,
             .embedding_dim = 4,
             .context_length = 3,
             .hidden_dim = 2,
             .base_size = 2,
             .super_res_sizes = {4, 8}}),
      before_step_(std::move(before_step)) {}

absl::StatusOr<DecodedImage> FakeDecoderEngine::Decode(const DecodeImageInput& input, const DecodeStepCallback& on_step) {
  {
    absl::MutexLock lock(&mutex_);
    inputs_.push_back(input);
  }
  const int sizes[] = {2, 4, 8};
  const int step_counts[] = {input.decoder_step_count, input.super_res_step_counts[0], input.super_res_step_counts[1]};
  for (int stage = 0; stage < 3; ++stage) {
    for (int step = 1; step <= step_counts[stage]; ++step) {
      if (before_step_) RETURN_IF_ERROR(before_step_(stage, step));
      DecodeProgress progress = {.stage = stage, .step = step, .step_count = step_counts[stage], .preview = {}};
      if (input.preview_step_interval > 0 && step % input.preview_step_interval == 0) {
        progress.preview = Filled(sizes[stage], 10 * stage + step);
      }
      RETURN_IF_ERROR(on_step(std::move(progress)));
    }
  }
  return DecodedImage{.image = Filled(8, static_cast<int>(input.seed % 256)),
                      .decoder_duration = absl::Seconds(2),
                      .super_res_duration = absl::Seconds(3)};
}

std::vector<DecodeImageInput> FakeDecoderEngine::inputs() const {
  absl::MutexLock lock(&mutex_);
  return inputs_;
}

}  // namespace unclip::decoder
