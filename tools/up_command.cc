#include "tools/up_command.h"

#include <iostream>
#include <utility>

#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "tools/cluster_options.h"
#include "tools/command_line.h"
#include "tools/supervisor.h"

namespace unclip {

absl::Status RunUp(const std::vector<std::string>& args, const Installation& installation) {
  ClusterOptions options;
  CommandLine command_line(
      "unclip up",
      "Starts clip, prior, decoder and gateway on this machine and watches over them: one that ends is started\n"
      "again on the same port. When all are SERVING, prints one line on stdout:\n"
      "  ready grpc=HOST:PORT http=HOST:PORT metrics=HOST:PORT clip=HOST:PORT prior=HOST:PORT decoder=HOST:PORT ...\n"
      "Ctrl-C or SIGTERM stops the gateway, then the services; during the stop, it kills them.");
  command_line.AddString("listen", "HOST:PORT", "The gateway's address; port 0: any free one.", &options.listen);
  command_line.AddString("http-listen", "HOST:PORT", "The address of the page and the OpenAI-compatible API.",
                         &options.http_listen);
  command_line.AddString("metrics-listen", "HOST:PORT", "The address of the gateway's metrics.", &options.metrics_listen);
  AddClusterFlags(command_line, options);
  std::string targets_file;
  command_line.AddString("metrics-targets", "FILE", "Write the metrics addresses there, for Prometheus (file_sd) and unclip top.",
                         &targets_file);
  command_line.AddDouble("grace", {0, 3600}, "Seconds that requests have to finish when it stops.", &options.grace_seconds);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  if (!targets_file.empty()) RETURN_IF_ERROR(CheckWritable(targets_file));
  ASSIGN_OR_RETURN(ClusterSpec spec, MakeClusterSpec(options, installation));
  ASSIGN_OR_RETURN(SupervisorOptions supervisor_options, MakeSupervisorOptions(options));
  supervisor_options.on_ready = [&](const ClusterAddresses& addresses) {
    // Before the line, so that who waits for that finds the file.
    if (!targets_file.empty()) {
      const absl::Status written = WriteFileAtomically(targets_file, MetricsTargets(options, addresses));
      if (!written.ok()) std::cerr << "cannot write --metrics-targets: " << written.message() << std::endl;
    }
    std::cout << ReadyLine(options, addresses) << std::endl;
  };
  Supervisor supervisor(std::move(spec), std::move(supervisor_options));
  return supervisor.Run();
}

}  // namespace unclip
