#include "bench/measure_command.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "bench/batch_timing.h"
#include "bench/tensor_memory.h"
#include "tools/command_line.h"

namespace unclip::bench {
namespace {

struct Options {
  EngineOptions engine;
  std::vector<int> batches = {1, 2, 4, 8};
  std::vector<int> steps = {25, 25, 7};
  int candidates = 2;
  int rounds = 3;
  std::string json;
};

absl::Status Parse(const std::vector<std::string>& args, Options& options, bool& proceed) {
  CommandLine command_line("gpu_bench measure", "Draws pictures, alone and in batches, and prints seconds by stage.");
  command_line.AddString("checkpoint", "DIR", "Text-to-image checkpoint.", &options.engine.checkpoint);
  command_line.Require("checkpoint");
  command_line.AddString("device", "NAME", "cpu, cuda or cuda:N.", &options.engine.device);
  command_line.AddString("dtype", "TYPE", "float32, bfloat16, float16 or auto.", &options.engine.dtype);
  command_line.AddInt("threads", {0, 1024}, "Threads of the CPU; 0 for all cores.", &options.engine.thread_count);
  command_line.AddIntList("batches", {1, 64}, "How many pictures at a time.", &options.batches);
  command_line.AddIntList("steps", {2, 1000}, "Steps of prior, decoder and upsampler.", &options.steps);
  command_line.AddInt("candidates", {1, 64}, "Embeddings that the prior makes for each picture.", &options.candidates);
  command_line.AddInt("rounds", {1, 1000}, "Times that each batch is drawn, besides once before.", &options.rounds);
  command_line.AddString("json", "FILE", "Where to write all times.", &options.json);
  ASSIGN_OR_RETURN(proceed, command_line.Parse(args));
  if (proceed && options.steps.size() != 3) return UsageError("--steps must be three numbers, such as 25,25,7");
  return absl::OkStatus();
}

double Seconds(absl::Duration duration) { return absl::ToDoubleSeconds(duration); }

nlohmann::json ToJson(const BatchTiming& timing) {
  nlohmann::json json = {{"seconds", Seconds(timing.total)}};
  for (const auto& [stage, duration] : timing.stages) json["stages"][stage] = Seconds(duration);
  return json;
}

// The round in the middle of all by its total; of an even number, the lower one.
BatchTiming Median(std::vector<BatchTiming> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const BatchTiming& a, const BatchTiming& b) { return a.total < b.total; });
  return rounds[(rounds.size() - 1) / 2];
}

// Draws batches of one size, prints a line, and gives all its times.
absl::StatusOr<nlohmann::json> MeasureBatch(Engines& engines, const Options& options, int pictures) {
  const BatchOptions batch = {.pictures = pictures,
                              .candidates = options.candidates,
                              .prior_steps = options.steps[0],
                              .decoder_steps = options.steps[1],
                              .super_res_steps = options.steps[2]};
  ASSIGN_OR_RETURN(const BatchTiming first, TimeBatch(engines, batch));  // on a GPU this one also records
  std::vector<BatchTiming> rounds;
  for (int i = 0; i < options.rounds; ++i) {
    ASSIGN_OR_RETURN(rounds.emplace_back(), TimeBatch(engines, batch));
  }
  const BatchTiming median = Median(rounds);
  std::string line = absl::StrFormat("%8d %9.3f %9.3f %11.2f", pictures, Seconds(first.total), Seconds(median.total),
                                     pictures / Seconds(median.total));
  nlohmann::json json = {{"pictures", pictures}, {"first", ToJson(first)}, {"median", ToJson(median)}};
  for (const auto& [stage, duration] : median.stages) absl::StrAppendFormat(&line, " %9.3f", Seconds(duration));
  for (const BatchTiming& round : rounds) json["rounds"].push_back(ToJson(round));
  json["pictures_a_second"] = pictures / Seconds(median.total);
  json["same_pictures_each_round"] =
      std::all_of(rounds.begin(), rounds.end(), [&](const BatchTiming& round) { return round.checksum == first.checksum; });
  std::puts(line.c_str());
  std::fflush(stdout);
  return json;
}

}  // namespace

absl::Status RunMeasure(const std::vector<std::string>& args) {
  Options options;
  bool proceed = false;
  RETURN_IF_ERROR(Parse(args, options, proceed));
  if (!proceed) return absl::OkStatus();
  const absl::Duration start = Clock::Real().Now();
  ASSIGN_OR_RETURN(Engines engines, LoadEngines(options.engine));
  const double load_seconds = Seconds(Clock::Real().Now() - start);
  const TensorMemory loaded = TensorMemoryOf(options.engine.device);
  std::printf("%s, %s, steps %d/%d/%d, best of %d, loaded in %.1f s\n%8s %9s %9s %11s %9s %9s %9s %9s\n",
              options.engine.device.c_str(), engines.decoder->info().dtype.c_str(), options.steps[0], options.steps[1],
              options.steps[2], options.candidates, load_seconds, "pictures", "first, s", "median, s", "pictures/s", "text",
              "prior", "decoder", "upsampler");
  nlohmann::json report = {{"checkpoint", engines.decoder->info().checkpoint_name},
                           {"parameters", engines.clip->info().parameter_count + engines.prior->info().parameter_count +
                                              engines.decoder->info().parameter_count},
                           {"device", options.engine.device},
                           {"dtype", engines.decoder->info().dtype},
                           {"steps", options.steps},
                           {"candidates", options.candidates},
                           {"load_seconds", load_seconds}};
  for (const int pictures : options.batches) {
    ASSIGN_OR_RETURN(nlohmann::json batch, MeasureBatch(engines, options, pictures));
    const TensorMemory memory = TensorMemoryOf(options.engine.device);
    batch["tensors_peak_bytes"] = memory.peak_bytes;
    batch["reserved_peak_bytes"] = memory.peak_reserved_bytes;
    report["batches"].push_back(std::move(batch));
  }
  const TensorMemory memory = TensorMemoryOf(options.engine.device);
  report["tensors_loaded_bytes"] = loaded.bytes;
  constexpr double kMiB = 1 << 20;
  std::printf("tensors: %.0f MiB when loaded, %.0f MiB at most, of %.0f MiB taken from the GPU\n",
              static_cast<double>(loaded.bytes) / kMiB, static_cast<double>(memory.peak_bytes) / kMiB,
              static_cast<double>(memory.peak_reserved_bytes) / kMiB);
  if (options.json.empty()) return absl::OkStatus();
  std::ofstream file(options.json);
  file << report.dump(2) << "\n";
  return file.good() ? absl::OkStatus() : absl::InternalError(absl::StrCat(options.json, ": cannot be written"));
}

}  // namespace unclip::bench
