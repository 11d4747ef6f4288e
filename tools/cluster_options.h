// The cluster that `unclip up` and `unclip demo` run on this machine.
#ifndef UNCLIP_TOOLS_CLUSTER_OPTIONS_H_
#define UNCLIP_TOOLS_CLUSTER_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tools/command_line.h"
#include "tools/installation.h"
#include "tools/supervisor.h"

namespace unclip {

struct ClusterOptions {
  std::string checkpoint;            // empty: the default model
  std::string variation_checkpoint;  // empty: none, or the default model's when `checkpoint` is empty too
  std::string listen = "127.0.0.1:50050";
  std::string metrics_listen = "127.0.0.1:0";
  std::string http_listen = "127.0.0.1:8080";
  std::optional<int> threads;  // for each service; absent: the cores this process may use
  std::optional<int> clip_threads, prior_threads, decoder_threads;
  std::string device;               // empty: the services' default
  std::string dtype;                // the same
  std::string prior = "diffusion";  // which prior of the checkpoint is served, or "autoregressive"
  int prior_replicas = 1;
  int decoder_replicas = 1;
  std::string prior_args;     // more flags of each prior, with spaces between
  std::string decoder_args;   // likewise
  std::string otlp_endpoint;  // empty: where the environment says, or nowhere
  double trace_sample_ratio = 1;
  std::string log_level = "info";
  std::string log_dir;  // empty: stderr
  double grace_seconds = 30;
  double drain_delay_seconds = 0.5;
  double start_timeout_seconds = 900;
};

// Adds the flags to `command_line`, bound to `options`.
void AddClusterFlags(CommandLine& command_line, ClusterOptions& options);

// The processes that `options` stand for, services in the order clip, priors, decoders. A UsageError when an address cannot be
// read; NOT_FOUND for a program or a checkpoint that is not there.
absl::StatusOr<ClusterSpec> MakeClusterSpec(const ClusterOptions& options, const Installation& installation);

// `ready grpc=HOST:PORT http=HOST:PORT metrics=HOST:PORT clip=HOST:PORT prior=HOST:PORT decoder=HOST:PORT` and the metrics
// addresses of the three services as clip_metrics=, prior_metrics= and decoder_metrics=; replicas are separated by commas.
// Without line end.
std::string ReadyLine(const ClusterOptions& options, const ClusterAddresses& addresses);

// The metrics addresses of all processes as Prometheus's file_sd_configs reads them: a JSON list of
// {"labels": {"service": "prior"}, "targets": ["HOST:PORT", ...]}, the gateway's first. With line end.
std::string MetricsTargets(const ClusterOptions& options, const ClusterAddresses& addresses);

// Options for a Supervisor of this cluster: real health checks, lines for people on stderr, the processes' logs in `log_dir` or
// on stderr with the process's name in front. An error when the logs cannot be written.
absl::StatusOr<SupervisorOptions> MakeSupervisorOptions(const ClusterOptions& options);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_CLUSTER_OPTIONS_H_
