// What bench/gpu.sh runs on a GPU machine, in one binary without gRPC: random checkpoints, parity, and times.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/measure_command.h"
#include "tools/command_line.h"
#include "tools/random_checkpoint_command.h"
#include "tools/replay_command.h"

namespace unclip::bench {
namespace {

absl::Status Run(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (command == "measure") return RunMeasure(rest);
  if (command == "random-checkpoint") return RunRandomCheckpoint(rest);
  if (command == "replay") return RunReplay(rest);
  return UsageError(absl::StrCat("no command \"", command, "\"; there are measure, random-checkpoint and replay"));
}

}  // namespace
}  // namespace unclip::bench

int main(int argc, char** argv) {
  return unclip::FinishCommand(unclip::bench::Run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)));
}
