#include "tools/train_command.h"

#include <atomic>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "common/metrics/metrics_server.h"
#include "model/threads.h"
#include "tools/command_line.h"
#include "tools/interrupt_watcher.h"
#include "train/train_config.h"
#include "train/train_metrics.h"

namespace unclip {
namespace {

using train::StageKind;

struct Options {
  std::string stage;
  std::string config;
  std::string out;
  int threads = 0;
  std::optional<int> steps;
  std::optional<std::string> metrics_listen;
  std::string leader;
  int processes = 1;
  int process = 0;
  int log_seconds = 15;
};

absl::StatusOr<StageKind> KindOf(const std::string& name) {
  if (name == "clip") return StageKind::kClip;
  if (name == "prior") return StageKind::kPrior;
  if (name == "autoregressive-prior") return StageKind::kAutoregressivePrior;
  if (name == "decoder") return StageKind::kDecoder;
  if (name == "upsampler") return StageKind::kUpsampler;
  return UsageError(absl::StrCat("STAGE \"", name, "\" must be clip, prior, autoregressive-prior, decoder or upsampler"));
}

absl::StatusOr<std::unique_ptr<train::TrainingStage>> MakeStage(const train::TrainConfig& config,
                                                                const train::TrainingFolder& folder) {
  const std::string text = folder.text_to_image_dir(), images = folder.image_variation_dir();
  switch (config.kind) {
    case StageKind::kClip:
      return train::ClipStage::Create(text, images, config.clip);
    case StageKind::kUpsampler:
      return train::UpsamplerStage::Create(text, config.upsampler);
    case StageKind::kPrior: {
      ASSIGN_OR_RETURN(std::unique_ptr<const train::FrozenClip> clip,
                       train::FrozenClip::Load(text, images, config.trainer.compute_type));
      return train::PriorStage::Create(text, std::move(clip), config.prior);
    }
    case StageKind::kAutoregressivePrior: {
      ASSIGN_OR_RETURN(std::unique_ptr<const train::FrozenClip> clip,
                       train::FrozenClip::Load(text, images, config.trainer.compute_type));
      return train::AutoregressiveStage::Create(text, std::move(clip), config.autoregressive);
    }
    case StageKind::kDecoder: {
      ASSIGN_OR_RETURN(std::unique_ptr<const train::FrozenClip> clip,
                       train::FrozenClip::Load(text, images, config.trainer.compute_type));
      return train::DecoderStage::Create(text, std::move(clip), config.decoder);
    }
  }
  return absl::InternalError("unknown stage");
}

absl::StatusOr<bool> ParseOptions(const std::vector<std::string>& args, Options& options) {
  CommandLine command_line("unclip train", "Trains one of the networks, or goes on where the last run of it was stopped.");
  command_line.AddPositional("STAGE", "clip, then prior, autoregressive-prior, decoder and upsampler in any order.",
                             &options.stage);
  command_line.AddString("config", "FILE", "How it is trained; docs/training.md lists what it may say.", &options.config);
  command_line.AddString("out", "DIR", "The folder of the checkpoint and of what the runs keep.", &options.out);
  command_line.AddInt("threads", {0, 1024}, "Threads to compute with; 0: as many as there are cores.", &options.threads);
  command_line.AddInt("steps", {1, 1 << 30}, "Steps of the whole run, in place of the file's.", &options.steps);
  command_line.AddInt("log-seconds", {0, 86400}, "How often a line is written; 0: after each step.", &options.log_seconds);
  command_line.AddString("metrics-listen", "HOST:PORT", "Serve Prometheus metrics here, port 0 for any free one.",
                         &options.metrics_listen);
  command_line.AddInt("processes", {1, 1024}, "How many processes share the run, each on batches of its own.",
                      &options.processes);
  command_line.AddInt("process", {0, 1023}, "Which of them this is; 0 saves and validates.", &options.process);
  command_line.AddString("leader", "HOST:PORT", "Where process 0 listens for the others; not encrypted.", &options.leader);
  command_line.SetEpilogue(
      "Example:\n"
      "  unclip train clip --config train/recipes/shapes/clip.json --out my-model\n"
      "Ctrl-C saves and ends it; the same command takes it up again.");
  command_line.Require("config");
  command_line.Require("out");
  return command_line.Parse(args);
}

std::string LogName(int process) { return process == 0 ? "/log.csv" : absl::StrCat("/log-", process, ".csv"); }

absl::StatusOr<std::unique_ptr<train::GradientExchange>> MakeExchange(const Options& options) {
  if (options.processes == 1) return train::NoExchange();
  if (options.leader.empty()) return UsageError("--processes wants --leader=HOST:PORT");
  if (options.process >= options.processes) {
    return UsageError(absl::StrCat("--process=", options.process, " must be below --processes=", options.processes));
  }
  return train::ConnectTcpExchange({.address = options.leader, .rank = options.process, .world_size = options.processes});
}

}  // namespace

absl::Status RunTrain(const std::vector<std::string>& args) {
  BlockEventSignals();  // before LibTorch starts threads
  Options options;
  ASSIGN_OR_RETURN(const bool proceed, ParseOptions(args, options));
  if (!proceed) return absl::OkStatus();
  ASSIGN_OR_RETURN(const StageKind kind, KindOf(options.stage));
  ASSIGN_OR_RETURN(train::TrainConfig config, train::ReadTrainConfig(options.config, kind));
  if (options.steps) config.trainer.steps = *options.steps;
  std::atomic<bool> stop = false;
  const InterruptWatcher watcher([&stop] {
    std::cerr << "stopping after this step\n";
    stop = true;
  });
  model::UseThreads(options.threads);
  model::KeepFreedMemory();
  ASSIGN_OR_RETURN(const train::TrainingFolder folder, train::TrainingFolder::Open(options.out, config.template_dir));
  ASSIGN_OR_RETURN(const std::unique_ptr<const train::DataSource> data, train::DataSource::Open(config.data));
  ASSIGN_OR_RETURN(const std::unique_ptr<train::TrainingStage> stage, MakeStage(config, folder));
  ASSIGN_OR_RETURN(const std::string run_dir, folder.RunDir(config.trainer.name));
  train::TrainMetrics metrics(config.trainer.name);
  std::unique_ptr<MetricsServer> metrics_server;
  if (options.metrics_listen) {
    ASSIGN_OR_RETURN(metrics_server, MetricsServer::Start(*options.metrics_listen, metrics.registry));
    std::cerr << "metrics=" << metrics_server->address() << "\n";
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<train::TrainingLog> log,
                   train::TrainingLog::Open(std::cerr, run_dir + LogName(options.process), Clock::Real(),
                                            absl::Seconds(options.log_seconds), &metrics));
  ASSIGN_OR_RETURN(const std::unique_ptr<train::GradientExchange> exchange, MakeExchange(options));
  return train::Train(*stage, data->training(), data->held_out(), folder, config.trainer, *exchange, *log, stop);
}

}  // namespace unclip
