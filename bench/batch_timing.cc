#include "bench/batch_timing.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "model/threads.h"
#include "services/clip/clip_engine_factory.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/prior/prior_engine_factory.h"

namespace unclip::bench {
namespace {

using Embedding = std::vector<float>;

// Adds up the time of each stage.
class StageTimes {
 public:
  explicit StageTimes(BatchTiming& timing) : timing_(timing), last_(Clock::Real().Now()) {}

  // What passed since the last call was spent on `stage`.
  void Spent(const std::string& stage) {
    const absl::Duration now = Clock::Real().Now();
    if (timing_.stages.empty() || timing_.stages.back().first != stage) timing_.stages.emplace_back(stage, absl::ZeroDuration());
    timing_.stages.back().second += now - last_;
    timing_.total += now - last_;
    last_ = now;
  }

 private:
  BatchTiming& timing_;
  absl::Duration last_;
};

absl::Status FirstError(const std::vector<absl::Status>& results) {
  for (const absl::Status& status : results) RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

// The candidate nearest to the text.
const Embedding& Best(const std::vector<Embedding>& candidates, const Embedding& text) {
  const auto likeness = [&text](const Embedding& each) {
    return std::inner_product(each.begin(), each.end(), text.begin(), 0.0F);
  };
  return *std::max_element(candidates.begin(), candidates.end(),
                           [&](const Embedding& a, const Embedding& b) { return likeness(a) < likeness(b); });
}

absl::StatusOr<std::vector<Embedding>> RunPriors(prior::PriorEngine& engine, const BatchOptions& options,
                                                 const std::vector<TextConditioning>& texts, const TextConditioning& empty) {
  std::vector<prior::SamplePriorInput> inputs;
  for (const TextConditioning& text : texts) {
    inputs.push_back({.text = text,
                      .negative_text = empty,
                      .candidate_count = options.candidates,
                      .step_count = options.prior_steps,
                      .guidance_scale = options.prior_guidance,
                      .seed = options.seed + inputs.size()});
  }
  std::vector<std::unique_ptr<prior::PriorRun>> runs;
  std::vector<prior::PriorRun*> batch;
  for (const prior::SamplePriorInput& input : inputs) {
    ASSIGN_OR_RETURN(runs.emplace_back(), engine.Start(input));
    batch.push_back(runs.back().get());
  }
  for (int step = 0; step < options.prior_steps; ++step) RETURN_IF_ERROR(FirstError(engine.Step(batch)));
  std::vector<Embedding> embeddings;
  for (size_t i = 0; i < runs.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<Embedding> candidates, engine.Finish(*runs[i]));
    embeddings.push_back(Best(candidates, texts[i].text_embedding));
  }
  return embeddings;
}

absl::Status RunDecoders(decoder::DecoderEngine& engine, const BatchOptions& options, const std::vector<Embedding>& embeddings,
                         const std::vector<TextConditioning>& texts, const TextConditioning& empty, StageTimes& times,
                         BatchTiming& timing) {
  std::vector<decoder::DecodeImageInput> inputs;
  for (size_t i = 0; i < texts.size(); ++i) {
    inputs.push_back({.image_embedding = embeddings[i],
                      .text = texts[i],
                      .negative_text = empty,
                      .decoder_step_count = options.decoder_steps,
                      .super_res_step_counts = std::vector<int>(engine.info().super_res_sizes.size(), options.super_res_steps),
                      .guidance_scale = options.decoder_guidance,
                      .seed = options.seed + i});
  }
  std::vector<std::unique_ptr<decoder::DecoderRun>> runs;
  std::vector<decoder::DecoderRun*> batch;
  for (const decoder::DecodeImageInput& input : inputs) {
    ASSIGN_OR_RETURN(runs.emplace_back(), engine.Start(input));
    batch.push_back(runs.back().get());
  }
  while (!runs.front()->done()) {
    RETURN_IF_ERROR(FirstError(engine.Step(batch)));
    times.Spent(runs.front()->progress().stage == 0 ? "decoder" : "upsampler");
  }
  for (const auto& run : runs) {
    ASSIGN_OR_RETURN(const RgbImage image, engine.Finish(*run));
    for (const uint8_t sample : image.pixels) timing.checksum = timing.checksum * 31 + sample;
  }
  times.Spent("upsampler");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Engines> LoadEngines(const EngineOptions& options) {
  model::KeepFreedMemory();  // before the first engine: LibTorch frees by the allocator of the day what it took by another
  Engines engines;
  ASSIGN_OR_RETURN(engines.clip, clip::LoadClipEngine({.checkpoint = options.checkpoint,
                                                       .variation_checkpoint = "",
                                                       .device = options.device,
                                                       .dtype = options.dtype,
                                                       .thread_count = options.thread_count}));
  ASSIGN_OR_RETURN(engines.prior, prior::LoadPriorEngine({.checkpoint = options.checkpoint,
                                                          .device = options.device,
                                                          .dtype = options.dtype,
                                                          .thread_count = options.thread_count}));
  ASSIGN_OR_RETURN(engines.decoder, decoder::LoadDecoderEngine({.checkpoint = options.checkpoint,
                                                                .device = options.device,
                                                                .dtype = options.dtype,
                                                                .thread_count = options.thread_count}));
  return engines;
}

absl::StatusOr<BatchTiming> TimeBatch(Engines& engines, const BatchOptions& options) {
  BatchTiming timing;
  StageTimes times(timing);
  std::vector<TextConditioning> texts;
  for (int i = 0; i < options.pictures; ++i) {
    const uint64_t number = options.seed + i;
    ASSIGN_OR_RETURN(clip::TextEmbedding text, engines.clip->EmbedText(absl::StrCat("a picture of ", number, " red squares")));
    texts.push_back(std::move(text.conditioning));
  }
  ASSIGN_OR_RETURN(const clip::TextEmbedding empty, engines.clip->EmbedText(""));
  times.Spent("text");
  ASSIGN_OR_RETURN(const std::vector<Embedding> embeddings, RunPriors(*engines.prior, options, texts, empty.conditioning));
  times.Spent("prior");
  RETURN_IF_ERROR(RunDecoders(*engines.decoder, options, embeddings, texts, empty.conditioning, times, timing));
  return timing;
}

}  // namespace unclip::bench
