// What the gateway and its calls cost a picture, with engines that compute nothing; see docs/performance.md.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "bench/rpc_cost/bench_cluster.h"
#include "bench/rpc_cost/cost_report.h"
#include "bench/rpc_cost/load_run.h"
#include "bench/rpc_cost/served_role.h"
#include "common/rpc/keepalive.h"
#include "tools/command_line.h"

namespace unclip::bench {
namespace {

constexpr char kDescription[] =
    "Measures what the gateway and its calls cost a picture: starts the real gateway and the real clip, prior and decoder\n"
    "services, each a process of its own on the loopback, over engines that compute nothing, asks for pictures by "
    "GenerateImage,\n"
    "first one at a time, then at a given rate, and prints tables.";

struct Settings {
  int requests = 2000;
  int warm = 500;
  double rate = 500;
  double duration = 20;
  double late_ms = 50;
  int picture_size = 128;
  double step_ms = 0;
  std::string out = {};
};

absl::StatusOr<bool> Parse(const std::vector<std::string>& arguments, Settings* settings) {
  CommandLine command_line("rpc_cost", kDescription);
  command_line.AddInt("requests", {0, 10'000'000}, "Requests sent one at a time; 0: none.", &settings->requests);
  command_line.AddInt("warm", {0, 1'000'000}, "Requests sent before, which do not count.", &settings->warm);
  command_line.AddDouble("rate", {0, 100'000}, "Requests a second of the open load; 0: none.", &settings->rate);
  command_line.AddDouble("duration", {0.1, 3600}, "Seconds of the open load.", &settings->duration);
  command_line.AddDouble("late-ms", {0, 60'000}, "Milliseconds after which an answer of the open load is late.",
                         &settings->late_ms);
  command_line.AddInt("picture-size", {4, 4096}, "Pixels a side of the pictures; that of models/shapes32 is 128.",
                      &settings->picture_size);
  command_line.AddDouble("step-ms", {0, 60'000}, "Milliseconds that each of a picture's 57 steps sleeps.", &settings->step_ms);
  command_line.AddString("out", "FILE", "Also write what was measured there, as JSON.", &settings->out);
  return command_line.Parse(arguments);
}

double LoadAverage() {
  double average = 0;
  return getloadavg(&average, 1) == 1 ? average : 0;
}

absl::Status Measure(const Settings& settings) {
  CostReport report = {.picture_size = settings.picture_size,
                       .step_ms = settings.step_ms,
                       .load_average = LoadAverage(),
                       .rate = settings.rate,
                       .late = absl::Milliseconds(settings.late_ms)};
  ASSIGN_OR_RETURN(const std::unique_ptr<BenchCluster> cluster,
                   BenchCluster::Start(std::filesystem::read_symlink("/proc/self/exe"), settings.picture_size, settings.step_ms));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  const auto stub = gateway::v1::ImageGenerationService::NewStub(
      grpc::CreateCustomChannel(cluster->gateway_address(), grpc::InsecureChannelCredentials(), arguments));
  RunClosedLoad(settings.warm, *cluster, *stub);
  report.closed = RunClosedLoad(settings.requests, *cluster, *stub);
  if (settings.rate > 0) {
    report.open = RunOpenLoad({.rate = settings.rate, .duration = absl::Seconds(settings.duration)}, *cluster, *stub);
  }
  std::fputs(ToMarkdown(report).c_str(), stdout);
  return settings.out.empty() ? absl::OkStatus() : WriteFileAtomically(settings.out, ToJson(report));
}

absl::Status Run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "serve") {
    ASSIGN_OR_RETURN(const RoleOptions role, RoleOptionsFromArguments({arguments.begin() + 1, arguments.end()}));
    return ServeRole(role);
  }
  Settings settings;
  ASSIGN_OR_RETURN(const bool proceed, Parse(arguments, &settings));
  return proceed ? Measure(settings) : absl::OkStatus();
}

}  // namespace
}  // namespace unclip::bench

int main(int argc, char** argv) { return unclip::FinishCommand(unclip::bench::Run({argv + 1, argv + argc})); }
