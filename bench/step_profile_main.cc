// Tells what LibTorch does in a step of each stage, once all is warm.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "bench/operator_profile.h"
#include "model/threads.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/prior/prior_engine_factory.h"
#include "tools/command_line.h"

namespace unclip::bench {
namespace {

constexpr int kWarmSteps = 2;
constexpr double kMiB = 1 << 20;

struct Options {
  std::string checkpoint;
  std::string dtype = "float32";
  int threads = 0;
  int steps = 3;
  int rows = 20;
  bool has_prior = true, has_decoder = true;
};

// Measures from a stage's third step to the last but one (an upsampler's last is another network's), and prints it.
class StageProfile {
 public:
  StageProfile(std::string name, const Options& options) : name_(std::move(name)), options_(options) {}

  // To be called after each step, numbered from 1.
  void AfterStep(int step) {
    if (step == kWarmSteps) {
      before_ = model::MemoryCounts();
      start_ = absl::Now();
      profile_.Start();
    } else if (step == kWarmSteps + options_.steps) {
      profile_.Stop();
      Print(absl::Now() - start_);
    }
  }

 private:
  double PerStep(double value) const { return value / options_.steps; }

  void PrintRow(const std::string& name, const OperatorCounts& counts) const {
    std::cout << absl::StreamFormat("  %-36s %10.1f %12.3f %12.2f\n", name, PerStep(static_cast<double>(counts.calls)),
                                    PerStep(absl::ToDoubleMilliseconds(counts.self_time)),
                                    PerStep(static_cast<double>(counts.output_bytes)) / kMiB);
  }

  void Print(absl::Duration wall) const {
    const auto counts = profile_.counts();
    std::vector<std::pair<std::string, OperatorCounts>> rows(counts.begin(), counts.end());
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second.self_time > b.second.self_time; });
    OperatorCounts all, moves;
    for (const auto& [name, each] : rows) {
      for (OperatorCounts* sum : {&all, &moves}) {
        if (sum == &moves && !MovesValues(name)) continue;
        sum->calls += each.calls;
        sum->self_time += each.self_time;
      }
    }
    std::cout << absl::StreamFormat("%s: %.3f ms a step\n  %-36s %10s %12s %12s\n", name_,
                                    PerStep(absl::ToDoubleMilliseconds(wall)), "operator", "calls", "self, ms", "MiB written");
    for (size_t i = 0; i < rows.size() && i < static_cast<size_t>(options_.rows); ++i) PrintRow(rows[i].first, rows[i].second);
    PrintRow("all, of all threads", all);
    std::cout << "  only moving or converting values:\n";
    for (const auto& [name, each] : rows) {
      if (MovesValues(name)) PrintRow(name, each);
    }
    PrintRow("these together", moves);
    const model::CachingAllocator::Counts after = model::MemoryCounts();
    std::cout << absl::StreamFormat(
        "  blocks of 64 KiB and more: %.1f asked for (%.2f MiB), %.1f of them new (%.2f MiB)\n\n",
        PerStep(after.requests - before_.requests), PerStep(after.requested_bytes - before_.requested_bytes) / kMiB,
        PerStep(after.new_blocks - before_.new_blocks), PerStep(after.new_bytes - before_.new_bytes) / kMiB);
  }

  const std::string name_;
  const Options& options_;
  OperatorProfile profile_;
  model::CachingAllocator::Counts before_;
  absl::Time start_;
};

// A prompt's conditioning, of numbers that mean nothing.
TextConditioning MakeText(int embedding_dim, int context_length, int hidden_dim) {
  TextConditioning text;
  for (int i = 0; i < embedding_dim; ++i) text.text_embedding.push_back(std::sin(0.7F * i));
  for (int i = 0; i < context_length * hidden_dim; ++i) text.hidden_states.push_back(std::cos(0.3F * i));
  text.attention_mask.assign(context_length, 1);
  return text;
}

absl::Status ProfilePrior(const Options& options) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<prior::PriorEngine> engine,
      prior::LoadPriorEngine({.checkpoint = options.checkpoint, .dtype = options.dtype, .thread_count = options.threads}));
  prior::SamplePriorInput input;
  input.text = MakeText(engine->info().embedding_dim, engine->info().context_length, engine->info().hidden_dim);
  input.negative_text = input.text;
  input.candidate_count = 2;
  input.step_count = kWarmSteps + options.steps + 1;
  input.guidance_scale = 4;
  StageProfile profile("prior, two candidates", options);
  return engine
      ->Sample(input,
               [&profile](int step) {
                 profile.AfterStep(step);
                 return absl::OkStatus();
               })
      .status();
}

absl::Status ProfileDecoder(const Options& options) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<decoder::DecoderEngine> engine,
      decoder::LoadDecoderEngine({.checkpoint = options.checkpoint, .dtype = options.dtype, .thread_count = options.threads}));
  const decoder::DecoderModelInfo& info = engine->info();
  decoder::DecodeImageInput input;
  input.text = MakeText(info.embedding_dim, info.context_length, info.hidden_dim);
  input.negative_text = input.text;
  input.image_embedding = input.text.text_embedding;
  input.decoder_step_count = kWarmSteps + options.steps + 1;
  input.super_res_step_counts.assign(info.super_res_sizes.size(), kWarmSteps + options.steps + 1);
  input.guidance_scale = 8;
  std::map<int, std::unique_ptr<StageProfile>> profiles;
  return engine
      ->Decode(input,
               [&](const decoder::DecodeProgress& progress) {
                 if (progress.step == 1) {
                   profiles.erase(progress.stage - 1);  // one at a time
                   const std::string name = progress.stage == 0 ? "base decoder" : absl::StrCat("upsampler ", progress.stage);
                   profiles[progress.stage] = std::make_unique<StageProfile>(name, options);
                 }
                 profiles[progress.stage]->AfterStep(progress.step);
                 return absl::OkStatus();
               })
      .status();
}

absl::Status Run(const std::vector<std::string>& arguments) {
  Options options;
  CommandLine command_line(
      "step_profile",
      "Tells which of LibTorch's operators run in a step of the prior, the base decoder and the upsamplers, how often and for "
      "how\n"
      "long (self time, all threads together), what of it only moves or converts values, and what memory is asked for.");
  command_line.AddString("checkpoint", "DIR", "Checkpoint folder in the diffusers layout. (required)", &options.checkpoint);
  command_line.AddChoice("dtype", {"float32", "bfloat16", "float16"}, "Type that weights are held and computed in.",
                         &options.dtype);
  command_line.AddInt("threads", {0, 1024}, "CPU threads; 0 takes all cores.", &options.threads);
  command_line.AddInt("steps", {1, 900}, "Steps of each stage that are measured.", &options.steps);
  command_line.AddInt("rows", {1, 1000}, "Operators to print of each stage.", &options.rows);
  command_line.AddSwitch("prior", "Whether to measure the prior.", &options.has_prior);
  command_line.AddSwitch("decoder", "Whether to measure the base decoder and the upsamplers.", &options.has_decoder);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(arguments));
  if (!proceed) return absl::OkStatus();
  if (options.checkpoint.empty()) return UsageError("--checkpoint is missing");
  if (options.has_prior) RETURN_IF_ERROR(ProfilePrior(options));
  if (options.has_decoder) RETURN_IF_ERROR(ProfileDecoder(options));
  return absl::OkStatus();
}

}  // namespace
}  // namespace unclip::bench

int main(int argc, char** argv) {
  return unclip::FinishCommand(unclip::bench::Run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)));
}
