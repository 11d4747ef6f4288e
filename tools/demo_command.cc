#include "tools/demo_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tools/cluster_options.h"
#include "tools/command_line.h"
#include "tools/generate_command.h"
#include "tools/supervisor.h"

namespace unclip {
namespace {

constexpr char kDefaultOut[] = "out/demo.png";

// Makes the folder of `out` and `out` absolute, so that what is printed can be opened from anywhere.
absl::Status PrepareOut(std::string& out) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(out, error).lexically_normal();
  if (!error) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot make the folder of --out=", out));
  out = path.string();
  return absl::OkStatus();
}

// Runs the cluster until the generation has ended, one way or the other.
absl::Status RunOnCluster(const GenerateOptions& options, ClusterSpec spec, SupervisorOptions supervisor_options) {
  std::unique_ptr<GenerationClient> client;
  std::thread generation;
  absl::Status generated;
  Supervisor* running = nullptr;
  // The main thread looks after the processes, which are its children; the request runs beside it.
  supervisor_options.on_ready = [&](const ClusterAddresses& addresses) {
    client = std::make_unique<GenerationClient>(addresses.gateway.grpc);
    generation = std::thread([&] {
      generated = Generate(options, *client);
      running->RequestStop();
    });
  };
  supervisor_options.on_stopping = [&] {
    if (client != nullptr) client->Cancel();
  };
  Supervisor supervisor(std::move(spec), std::move(supervisor_options));
  running = &supervisor;
  absl::Status ran = supervisor.Run();
  if (generation.joinable()) generation.join();
  return ran.ok() ? generated : ran;
}

}  // namespace

absl::Status RunDemo(const std::vector<std::string>& args, const Installation& installation) {
  GenerateOptions generate;
  generate.out = kDefaultOut;
  ClusterOptions cluster;
  // Nobody else talks to this cluster, so its end needs neither patience nor announcement.
  cluster.listen = "127.0.0.1:0";
  cluster.http_listen = "127.0.0.1:0";
  cluster.grace_seconds = 5;
  cluster.drain_delay_seconds = 0;
  cluster.log_level = "warning";
  CommandLine command_line("unclip demo", "Starts a cluster on this machine, draws a picture of PROMPT and stops the cluster.");
  command_line.AddPositional("PROMPT", "What to draw, as one argument.", &generate.prompt);
  AddGenerateFlags(command_line, generate);
  AddClusterFlags(command_line, cluster);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  RETURN_IF_ERROR(PrepareOut(generate.out));
  RETURN_IF_ERROR(MakeRequest(generate).status());  // before the cluster is started for nothing
  ASSIGN_OR_RETURN(ClusterSpec spec, MakeClusterSpec(cluster, installation));
  ASSIGN_OR_RETURN(SupervisorOptions supervisor_options, MakeSupervisorOptions(cluster));
  return RunOnCluster(generate, std::move(spec), std::move(supervisor_options));
}

}  // namespace unclip
