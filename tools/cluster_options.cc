#include "tools/cluster_options.h"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "common/net/host_port.h"
#include "tools/health_probe.h"
#include "tools/process_logs.h"

namespace unclip {
namespace {

constexpr IntLimits kThreads = {1, 1024};
constexpr IntLimits kReplicas = {1, 64};
constexpr double kLongestSeconds = 24 * 3600;
// On loopback an answer takes a millisecond; a machine busy with loading may need more.
constexpr absl::Duration kProbeTimeout = absl::Milliseconds(200);

int AvailableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? std::max(1, CPU_COUNT(&cores)) : 1;
}

absl::Status CheckIsFolder(absl::string_view flag, const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(flag, " is ", path, ", which is no folder"));
}

struct Checkpoints {
  std::string text_to_image;
  std::string variation;  // empty: none
};

absl::StatusOr<Checkpoints> FindCheckpoints(const ClusterOptions& options, const Installation& installation) {
  Checkpoints checkpoints = {options.checkpoint, options.variation_checkpoint};
  if (checkpoints.text_to_image.empty()) {
    ASSIGN_OR_RETURN(checkpoints.text_to_image, installation.DefaultCheckpoint("text-to-image"));
    if (checkpoints.variation.empty()) checkpoints.variation = installation.DefaultCheckpoint("image-variation").value_or("");
  }
  RETURN_IF_ERROR(CheckIsFolder("--checkpoint", checkpoints.text_to_image));
  if (!checkpoints.variation.empty()) RETURN_IF_ERROR(CheckIsFolder("--variation-checkpoint", checkpoints.variation));
  return checkpoints;
}

std::vector<std::string> CommonFlags(const ClusterOptions& options) {
  // With the parent the whole cluster ends, even when that is killed.
  std::vector<std::string> flags = {"--exit_with_parent", absl::StrCat("--log_level=", options.log_level),
                                    absl::StrCat("--grace=", options.grace_seconds, "s"),
                                    absl::StrCat("--drain_delay=", options.drain_delay_seconds, "s"),
                                    absl::StrCat("--trace_sample_ratio=", options.trace_sample_ratio)};
  if (!options.otlp_endpoint.empty()) flags.push_back(absl::StrCat("--otlp_endpoint=", options.otlp_endpoint));
  return flags;
}

struct ServiceKind {
  std::string name;
  std::optional<int> threads;
  int replicas = 1;
  double memory_share = 0;  // of all its replicas together; 0: it has no such flag
  std::string args = {};
};

// What a service that works in steps may take of the memory that is left when it has loaded. The prior has, often before the
// decoder has taken what its weights need, and its tensors are small.
constexpr double kPriorMemoryShare = 0.1;
constexpr double kDecoderMemoryShare = 0.7;

// Adds the replicas of one service to `services`.
absl::Status AddService(const ServiceKind& kind, const ClusterOptions& options, const Checkpoints& checkpoints,
                        const Installation& installation, std::vector<ProcessSpec>& services) {
  ProcessSpec spec;
  ASSIGN_OR_RETURN(const std::string binary, installation.Binary(kind.name));
  spec.argv = {binary, absl::StrCat("--checkpoint=", checkpoints.text_to_image),
               absl::StrCat("--threads=", kind.threads.value_or(options.threads.value_or(AvailableCores())))};
  if (kind.name == "clip" && !checkpoints.variation.empty()) {
    spec.argv.push_back(absl::StrCat("--variation_checkpoint=", checkpoints.variation));
  }
  if (kind.name == "prior") spec.argv.push_back(absl::StrCat("--prior=", options.prior));
  if (!options.device.empty()) spec.argv.push_back(absl::StrCat("--device=", options.device));
  if (!options.dtype.empty()) spec.argv.push_back(absl::StrCat("--dtype=", options.dtype));
  const std::vector<std::string> common = CommonFlags(options);
  spec.argv.insert(spec.argv.end(), common.begin(), common.end());
  if (kind.memory_share > 0) spec.argv.push_back(absl::StrCat("--memory_share=", kind.memory_share / kind.replicas));
  // Last, as the last of a repeated flag counts.
  for (const absl::string_view arg : absl::StrSplit(kind.args, ' ', absl::SkipEmpty())) spec.argv.emplace_back(arg);
  for (int i = 0; i < kind.replicas; ++i) {
    spec.name = kind.replicas == 1 ? kind.name : absl::StrCat(kind.name, "-", i);
    services.push_back(spec);
  }
  return absl::OkStatus();
}

// The addresses of each service: clip, priors, decoders.
template <typename Join>
void ForEachService(const ClusterOptions& options, absl::Span<const ProcessAddress> addresses, Join join) {
  join("clip", addresses.subspan(0, 1));
  join("prior", addresses.subspan(1, options.prior_replicas));
  join("decoder", addresses.subspan(1 + options.prior_replicas, options.decoder_replicas));
}

std::string JoinAddresses(absl::Span<const ProcessAddress> addresses, std::string ProcessAddress::* member) {
  return absl::StrJoin(addresses, ",",
                       [member](std::string* out, const ProcessAddress& address) { absl::StrAppend(out, address.*member); });
}

}  // namespace

void AddClusterFlags(CommandLine& command_line, ClusterOptions& options) {
  command_line.AddString("checkpoint", "DIR", "Text-to-image checkpoint. (default models/shapes32)", &options.checkpoint);
  command_line.AddString("variation-checkpoint", "DIR", "Image-variation checkpoint.", &options.variation_checkpoint);
  command_line.AddInt("threads", kThreads, "Threads of each service. (default all cores)", &options.threads);
  command_line.AddInt("clip-threads", kThreads, "Threads of clip, in place of --threads.", &options.clip_threads);
  command_line.AddInt("prior-threads", kThreads, "Threads of each prior.", &options.prior_threads);
  command_line.AddInt("decoder-threads", kThreads, "Threads of each decoder.", &options.decoder_threads);
  command_line.AddString("device", "NAME", "Where the models run: cpu, cuda or cuda:N. (default cpu)", &options.device);
  command_line.AddString("dtype", "TYPE", "Type the weights are held in: float32, bfloat16, float16 or auto.", &options.dtype);
  command_line.AddChoice("prior", {"diffusion", "autoregressive"}, "Which prior of the checkpoint draws.", &options.prior);
  command_line.AddInt("prior-replicas", kReplicas, "Prior processes.", &options.prior_replicas);
  command_line.AddInt("decoder-replicas", kReplicas, "Decoder processes.", &options.decoder_replicas);
  command_line.AddString("prior-args", "FLAGS", "More flags of each prior: \"--batching=request\".", &options.prior_args);
  command_line.AddString("decoder-args", "FLAGS", "More flags of each decoder.", &options.decoder_args);
  command_line.AddString("otlp-endpoint", "URL", "OpenTelemetry collector for spans: http://HOST:4318.", &options.otlp_endpoint);
  command_line.AddDouble("trace-sample-ratio", {0, 1}, "Share of new traces that are recorded.", &options.trace_sample_ratio);
  command_line.AddChoice("log-level", {"debug", "info", "warning", "error"}, "Least that is logged.", &options.log_level);
  command_line.AddString("log-dir", "DIR", "Folder for a log file of each process. (default: stderr)", &options.log_dir);
  command_line.AddDouble("start-timeout", {1, kLongestSeconds}, "Seconds until all must be SERVING.",
                         &options.start_timeout_seconds);
}

absl::StatusOr<ClusterSpec> MakeClusterSpec(const ClusterOptions& options, const Installation& installation) {
  for (const auto& [flag, value] :
       {std::pair{"--listen", &options.listen}, std::pair{"--metrics-listen", &options.metrics_listen},
        std::pair{"--http-listen", &options.http_listen}}) {
    if (const auto parsed = ParseHostPort(flag, *value); !parsed.ok()) return UsageError(parsed.status().message());
  }
  ASSIGN_OR_RETURN(const Checkpoints checkpoints, FindCheckpoints(options, installation));
  ClusterSpec spec;
  for (const ServiceKind& kind :
       {ServiceKind{"clip", options.clip_threads, 1},
        ServiceKind{"prior", options.prior_threads, options.prior_replicas, kPriorMemoryShare, options.prior_args},
        ServiceKind{"decoder", options.decoder_threads, options.decoder_replicas, kDecoderMemoryShare, options.decoder_args}}) {
    RETURN_IF_ERROR(AddService(kind, options, checkpoints, installation, spec.services));
  }
  ProcessSpec gateway;
  gateway.name = "gateway";
  gateway.listen = {.grpc = options.listen, .metrics = options.metrics_listen, .http = options.http_listen};
  ASSIGN_OR_RETURN(const std::string binary, installation.Binary("gateway"));
  gateway.argv = {binary};
  const std::string examples = checkpoints.text_to_image + "/examples.txt";
  if (std::error_code ignored; std::filesystem::is_regular_file(examples, ignored)) {
    gateway.argv.push_back(absl::StrCat("--examples_file=", examples));
  }
  const std::vector<std::string> common = CommonFlags(options);
  gateway.argv.insert(gateway.argv.end(), common.begin(), common.end());
  spec.gateway = [options, gateway](const std::vector<ProcessAddress>& addresses) {
    ProcessSpec whole = gateway;
    ForEachService(options, addresses, [&](absl::string_view name, absl::Span<const ProcessAddress> replicas) {
      whole.argv.push_back(absl::StrCat("--", name, "_target=", JoinAddresses(replicas, &ProcessAddress::grpc)));
    });
    return whole;
  };
  return spec;
}

std::string ReadyLine(const ClusterOptions& options, const ClusterAddresses& addresses) {
  std::string line = absl::StrCat("ready grpc=", addresses.gateway.grpc, " http=", addresses.gateway.http,
                                  " metrics=", addresses.gateway.metrics);
  std::string metrics;
  ForEachService(options, addresses.services, [&](absl::string_view name, absl::Span<const ProcessAddress> replicas) {
    absl::StrAppend(&line, " ", name, "=", JoinAddresses(replicas, &ProcessAddress::grpc));
    absl::StrAppend(&metrics, " ", name, "_metrics=", JoinAddresses(replicas, &ProcessAddress::metrics));
  });
  return line + metrics;
}

std::string MetricsTargets(const ClusterOptions& options, const ClusterAddresses& addresses) {
  nlohmann::json groups = nlohmann::json::array();
  const auto add = [&groups](absl::string_view name, absl::Span<const ProcessAddress> replicas) {
    std::vector<std::string> targets;
    for (const ProcessAddress& replica : replicas) targets.push_back(replica.metrics);
    groups.push_back({{"labels", {{"service", std::string(name)}}}, {"targets", targets}});
  };
  add("gateway", {addresses.gateway});
  ForEachService(options, addresses.services, add);
  return groups.dump(2) + "\n";
}

absl::StatusOr<SupervisorOptions> MakeSupervisorOptions(const ClusterOptions& options) {
  SupervisorOptions supervisor;
  supervisor.start_timeout = absl::Seconds(options.start_timeout_seconds);
  supervisor.grace = absl::Seconds(options.grace_seconds);
  supervisor.is_serving = [](const std::string& address) { return IsServing(address, kProbeTimeout); };
  supervisor.print = [](absl::string_view line) { std::cerr << line << std::endl; };
  ASSIGN_OR_RETURN(supervisor.log, MakeLogSink(options.log_dir));
  return supervisor;
}

}  // namespace unclip
