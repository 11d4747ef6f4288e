#include "bench/rpc_cost/served_role.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/rpc_cost/idle_engines.h"
#include "common/log/log.h"
#include "common/metrics/metrics_registry.h"
#include "common/server/run_main.h"
#include "common/server/server_runner.h"
#include "gateway/gateway.h"
#include "services/clip/clip_metrics.h"
#include "services/clip/clip_service.h"
#include "services/decoder/decoder_metrics.h"
#include "services/decoder/decoder_service.h"
#include "services/prior/prior_metrics.h"
#include "services/prior/prior_service.h"
#include "tools/command_line.h"
#include "unclip/clip/v1/clip_service.grpc.pb.h"
#include "unclip/decoder/v1/decoder_service.grpc.pb.h"
#include "unclip/gateway/v1/image_generation_service.grpc.pb.h"
#include "unclip/prior/v1/prior_service.grpc.pb.h"

namespace unclip::bench {
namespace {

ServerOptions OptionsFor(std::string health_name) {
  return {.drain_delay = absl::ZeroDuration(), .exit_with_parent = true, .health_names = {std::move(health_name)}};
}

absl::Status MoveLogToFile() {
  const int file = open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, "cannot make a file for the log");
  dup2(file, STDERR_FILENO);
  close(file);
  return absl::OkStatus();
}

// Serves a model service over an engine.
template <typename Service, typename Metrics, typename Options, typename Engine>
absl::Status ServeModel(const char* name, const Options& options, std::function<std::unique_ptr<Engine>()> new_engine) {
  Metrics metrics;
  Service service(options, &metrics);
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> runner,
                   ServerRunner::Start(OptionsFor(name), metrics.registry, {&service}));
  RETURN_IF_ERROR(MoveLogToFile());
  RETURN_IF_ERROR(service.Load([&]() -> absl::StatusOr<std::unique_ptr<Engine>> { return new_engine(); }));
  runner->SetServing(true);
  return runner->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

absl::Status ServeGateway(const RoleOptions& options) {
  MetricsRegistry metrics("gateway");
  ServerOptions server_options = OptionsFor(gateway::v1::ImageGenerationService::service_full_name());
  server_options.keep_freed_memory = true;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<gateway::Gateway> gateway,
      gateway::Gateway::Create(
          {.clip_target = options.clip_target, .prior_target = options.prior_target, .decoder_target = options.decoder_target},
          metrics));
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> runner,
                   ServerRunner::Start(server_options, metrics, {&gateway->service()}));
  RETURN_IF_ERROR(MoveLogToFile());
  gateway->StartWatching([&runner](const gateway::UpstreamsUp& up) { runner->SetServing(up.all); });
  const absl::Status status = runner->Wait([&gateway](absl::Duration grace) { gateway->dispatcher().Drain(grace); });
  gateway->StopWatching();  // it calls the runner, which goes before the gateway
  return status;
}

CommandLine CommandLineFor(RoleOptions* options) {
  CommandLine command_line("rpc_cost serve", "One process of the benchmark's cluster, which the benchmark starts itself.");
  command_line.AddChoice("role", {"clip", "prior", "decoder", "gateway"}, "What to serve.", &options->role);
  command_line.AddInt("picture-size", {4, 4096}, "Pixels a side of the decoder's pictures.", &options->picture_size);
  command_line.AddDouble("step-ms", {0, 60'000}, "Milliseconds that a step of prior and decoder sleeps.", &options->step_ms);
  command_line.AddString("clip-target", "HOST:PORT", "Where clip is; for the gateway.", &options->clip_target);
  command_line.AddString("prior-target", "HOST:PORT", "Where prior is; for the gateway.", &options->prior_target);
  command_line.AddString("decoder-target", "HOST:PORT", "Where decoder is; for the gateway.", &options->decoder_target);
  command_line.Require("role");
  return command_line;
}

}  // namespace

absl::Status ServeRole(const RoleOptions& options) {
  RETURN_IF_ERROR(InitLog({.service = options.role}));
  const absl::Duration step = absl::Milliseconds(options.step_ms);
  if (options.role == "gateway") return ServeGateway(options);
  if (options.role == "clip") {
    return ServeModel<clip::ClipService, clip::ClipMetrics, clip::ClipServiceOptions, clip::ClipEngine>(
        clip::v1::ClipService::service_full_name(), {}, NewIdleClipEngine);
  }
  if (options.role == "prior") {
    return ServeModel<prior::PriorService, prior::PriorMetrics, prior::PriorServiceOptions, prior::PriorEngine>(
        prior::v1::PriorService::service_full_name(), {}, [step] { return NewIdlePriorEngine(step); });
  }
  if (options.role == "decoder") {
    return ServeModel<decoder::DecoderService, decoder::DecoderMetrics, decoder::DecoderServiceOptions, decoder::DecoderEngine>(
        decoder::v1::DecoderService::service_full_name(), {},
        [step, size = options.picture_size] { return NewIdleDecoderEngine(size, step); });
  }
  return absl::InvalidArgumentError(absl::StrCat("role is \"", options.role, "\"; it must be clip, prior, decoder or gateway"));
}

std::vector<std::string> ToArguments(const RoleOptions& options) {
  return {absl::StrCat("--role=", options.role),
          absl::StrCat("--picture-size=", options.picture_size),
          absl::StrCat("--step-ms=", options.step_ms),
          absl::StrCat("--clip-target=", options.clip_target),
          absl::StrCat("--prior-target=", options.prior_target),
          absl::StrCat("--decoder-target=", options.decoder_target)};
}

absl::StatusOr<RoleOptions> RoleOptionsFromArguments(const std::vector<std::string>& arguments) {
  RoleOptions options;
  CommandLine command_line = CommandLineFor(&options);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(arguments));
  if (!proceed) return absl::CancelledError("help was asked for");
  return options;
}

}  // namespace unclip::bench
