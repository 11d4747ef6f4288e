#include "bench/rpc_cost/idle_engines.h"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip::bench {
namespace {

constexpr char kName[] = "idle";
constexpr char kFingerprint[] = "00ff";
constexpr char kDtype[] = "float32";

class IdleClipEngine final : public clip::ClipEngine {
 public:
  const clip::ClipModelInfo& info() const override { return info_; }

  absl::StatusOr<clip::TextEmbedding> EmbedText(absl::string_view /*prompt*/) override {
    return clip::TextEmbedding{.conditioning = {.text_embedding = std::vector<float>(kEmbeddingDim, 0.5F),
                                                .hidden_states = std::vector<float>(size_t{kContextLength} * kHiddenDim, 0.25F),
                                                .attention_mask = std::vector<uint8_t>(kContextLength, 1)},
                               .token_count = kContextLength,
                               .truncated = false};
  }

  absl::StatusOr<std::vector<float>> EmbedImage(const RgbImage& /*image*/) override {
    return absl::UnimplementedError("the idle engine has no image encoder");
  }

 private:
  const clip::ClipModelInfo info_ = {.checkpoint_name = kName,
                                     .fingerprint = kFingerprint,
                                     .parameter_count = 1,
                                     .dtype = kDtype,
                                     .thread_count = 1,
                                     .embedding_dim = kEmbeddingDim,
                                     .context_length = kContextLength,
                                     .hidden_dim = kHiddenDim,
                                     .embeds_images = false};
};

struct IdlePriorRun final : public prior::PriorRun {
  explicit IdlePriorRun(int count) : candidate_count(count) {}

  int row_count() const override { return candidate_count; }

  const int candidate_count;
};

class IdlePriorEngine final : public prior::PriorEngine {
 public:
  explicit IdlePriorEngine(absl::Duration step) : step_(step) {}

  const prior::PriorModelInfo& info() const override { return info_; }

  absl::StatusOr<std::unique_ptr<prior::PriorRun>> Start(const prior::SamplePriorInput& input) override {
    return std::make_unique<IdlePriorRun>(input.candidate_count);
  }

  std::vector<absl::Status> Step(absl::Span<prior::PriorRun* const> runs) override {
    absl::SleepFor(step_);
    return std::vector<absl::Status>(runs.size());
  }

  absl::StatusOr<std::vector<std::vector<float>>> Finish(prior::PriorRun& run) override {
    std::vector<std::vector<float>> embeddings;
    for (int i = 0; i < static_cast<IdlePriorRun&>(run).candidate_count; ++i) {
      embeddings.emplace_back(kEmbeddingDim, static_cast<float>(i + 1));
    }
    return embeddings;
  }

 private:
  const prior::PriorModelInfo info_ = {.checkpoint_name = kName,
                                       .fingerprint = kFingerprint,
                                       .parameter_count = 1,
                                       .dtype = kDtype,
                                       .thread_count = 1,
                                       .embedding_dim = kEmbeddingDim,
                                       .context_length = kContextLength,
                                       .hidden_dim = kHiddenDim,
                                       .max_batch_rows = kMaxBatchRows,
                                       .step_duration = absl::ZeroDuration()};
  const absl::Duration step_;
};

class IdleDecoderRun final : public decoder::DecoderRun {
 public:
  explicit IdleDecoderRun(const decoder::DecodeImageInput& input)
      : step_counts_({input.decoder_step_count, input.super_res_step_counts[0]}) {}

  decoder::DecodeNeed need() const override { return {.stage = stage_, .group = stage_}; }
  bool done() const override { return stage_ == static_cast<int>(step_counts_.size()); }
  decoder::DecodeProgress progress() const override { return progress_; }

  void Advance() {
    ++step_;
    progress_ = {.stage = stage_, .step = step_, .step_count = step_counts_[stage_], .preview = std::nullopt};
    if (step_ < step_counts_[stage_]) return;
    step_ = 0;
    ++stage_;
  }

 private:
  const std::vector<int> step_counts_;
  int stage_ = 0;
  int step_ = 0;  // done in this stage
  decoder::DecodeProgress progress_;
};

class IdleDecoderEngine final : public decoder::DecoderEngine {
 public:
  IdleDecoderEngine(int picture_size, absl::Duration step)
      : info_({.checkpoint_name = kName,
               .fingerprint = kFingerprint,
               .parameter_count = 1,
               .dtype = kDtype,
               .thread_count = 1,
               .embedding_dim = kEmbeddingDim,
               .context_length = kContextLength,
               .hidden_dim = kHiddenDim,
               .base_size = picture_size / 4,
               .super_res_sizes = {picture_size},
               .max_batch_rows = {kMaxBatchRows, kMaxBatchRows},
               .step_durations = std::vector<absl::Duration>(2),
               .row_bytes = {0, 0}}),
        picture_(SamplePicture(picture_size)),
        step_(step) {}

  const decoder::DecoderModelInfo& info() const override { return info_; }

  absl::StatusOr<std::unique_ptr<decoder::DecoderRun>> Start(const decoder::DecodeImageInput& input) override {
    return std::make_unique<IdleDecoderRun>(input);
  }

  std::vector<absl::Status> Step(absl::Span<decoder::DecoderRun* const> runs) override {
    absl::SleepFor(step_);
    for (decoder::DecoderRun* run : runs) static_cast<IdleDecoderRun*>(run)->Advance();
    return std::vector<absl::Status>(runs.size());
  }

  absl::StatusOr<RgbImage> Finish(decoder::DecoderRun& /*run*/) override { return picture_; }

 private:
  const decoder::DecoderModelInfo info_;
  const RgbImage picture_;
  const absl::Duration step_;
};

}  // namespace

std::unique_ptr<clip::ClipEngine> NewIdleClipEngine() { return std::make_unique<IdleClipEngine>(); }

std::unique_ptr<prior::PriorEngine> NewIdlePriorEngine(absl::Duration step) { return std::make_unique<IdlePriorEngine>(step); }

std::unique_ptr<decoder::DecoderEngine> NewIdleDecoderEngine(int picture_size, absl::Duration step) {
  return std::make_unique<IdleDecoderEngine>(picture_size, step);
}

RgbImage SamplePicture(int size) {
  constexpr int kNoise = 9;  // levels that a sample may have
  std::minstd_rand random(1);
  RgbImage image{.width = size, .height = size, .pixels = {}};
  image.pixels.reserve(static_cast<size_t>(size) * static_cast<size_t>(size) * 3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const int from_middle_x = 2 * x - size;
      const int from_middle_y = 2 * y - size;
      const bool inside = 4 * (from_middle_x * from_middle_x + from_middle_y * from_middle_y) < size * size;
      const int gradient = 64 * y / size;
      for (const int level : {inside ? 240 : 100 + gradient, inside ? 120 : 110 + gradient, inside ? 20 : 130}) {
        image.pixels.push_back(static_cast<uint8_t>(level + static_cast<int>(random() % kNoise) - kNoise / 2));
      }
    }
  }
  return image;
}

}  // namespace unclip::bench
