#include "services/decoder/fake_decoder_engine.h"

#include <utility>

namespace unclip::decoder {
namespace {

RgbImage Filled(int size, int value) {
  return {.width = size,
          .height = size,
          .pixels = std::vector<uint8_t>(static_cast<size_t>(size) * static_cast<size_t>(size) * 3, static_cast<uint8_t>(value))};
}

class Run final : public DecoderRun {
 public:
  Run(const DecodeImageInput& input, const DecoderModelInfo& info)
      : input_(input),
        sizes_({info.base_size, info.super_res_sizes[0], info.super_res_sizes[1]}),
        step_counts_({input.StepsOfStage(0), input.StepsOfStage(1), input.StepsOfStage(2)}) {}

  DecodeNeed need() const override { return {.stage = stage_, .group = stage_, .rows = 1}; }
  bool done() const override { return stage_ == 3; }
  DecodeProgress progress() const override { return progress_; }

  void Advance() {
    ++step_;
    progress_ = {.stage = stage_, .step = step_, .step_count = step_counts_[stage_], .preview = {}};
    if (input_.preview_step_interval > 0 && step_ % input_.preview_step_interval == 0) {
      progress_.preview = Filled(sizes_[stage_], 10 * stage_ + step_);
    }
    if (step_ < step_counts_[stage_]) return;
    step_ = 0;
    ++stage_;
  }

  const DecodeImageInput& input() const { return input_; }

 private:
  const DecodeImageInput input_;
  const std::vector<int> sizes_;
  const std::vector<int> step_counts_;
  int stage_ = 0;
  int step_ = 0;
  DecodeProgress progress_;
};

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
             .super_res_sizes = {4, 8},
             .max_batch_rows = {1, 1, 1},
             .step_durations = std::vector<absl::Duration>(3, absl::Seconds(1)),
             .row_bytes = {1 << 20, 2 << 20, 8 << 20},
             .run_bytes = 1 << 20}),
      before_step_(std::move(before_step)) {}

absl::StatusOr<std::unique_ptr<DecoderRun>> FakeDecoderEngine::Start(const DecodeImageInput& input) {
  absl::MutexLock lock(&mutex_);
  inputs_.push_back(input);
  return std::make_unique<Run>(input, info_);
}

std::vector<absl::Status> FakeDecoderEngine::Step(absl::Span<DecoderRun* const> runs) {
  std::vector<absl::Status> results;
  for (DecoderRun* run : runs) {
    static_cast<Run*>(run)->Advance();
    const DecodeProgress progress = run->progress();
    results.push_back(before_step_ ? before_step_(progress.stage, progress.step) : absl::OkStatus());
  }
  return results;
}

absl::StatusOr<RgbImage> FakeDecoderEngine::Finish(DecoderRun& run) {
  return Filled(8, static_cast<int>(static_cast<Run&>(run).input().seed % 256));
}

std::vector<DecodeImageInput> FakeDecoderEngine::inputs() const {
  absl::MutexLock lock(&mutex_);
  return inputs_;
}

}  // namespace unclip::decoder
