// The `unclip` command.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "tools/command_line.h"
#include "tools/demo_command.h"
#include "tools/generate_command.h"
#include "tools/installation.h"
#include "tools/interrupt_watcher.h"
#include "tools/make_tokenizer_command.h"
#include "tools/simulate/simulate_command.h"
#include "tools/tokenize_command.h"
#include "tools/top/top_command.h"
#include "tools/up_command.h"

namespace unclip {
namespace {

using Arguments = std::vector<std::string>;

struct Command {
  absl::string_view name;
  absl::string_view summary;
  // Null: the command needs LibTorch and is part of the binary unclip_model.
  absl::Status (*run)(const Arguments& args, const Installation& installation);
};

absl::Status Generate(const Arguments& args, const Installation&) {
  BlockEventSignals();
  return RunGenerate(args);
}

absl::Status Up(const Arguments& args, const Installation& installation) {
  BlockEventSignals();
  return RunUp(args, installation);
}

absl::Status Top(const Arguments& args, const Installation&) {
  BlockEventSignals();
  return top::RunTop(args);
}

absl::Status Demo(const Arguments& args, const Installation& installation) {
  BlockEventSignals();
  return RunDemo(args, installation);
}

absl::Status Tokenize(const Arguments& args, const Installation&) { return RunTokenize(args); }

absl::Status MakeTokenizer(const Arguments& args, const Installation&) { return RunMakeTokenizer(args, std::cout); }

absl::Status Simulate(const Arguments& args, const Installation&) { return RunSimulate(args, std::cout); }

constexpr Command kCommands[] = {
    {"generate", "Draws pictures on a running cluster.", Generate},
    {"up", "Runs a cluster on this machine.", Up},
    {"demo", "Starts a cluster, draws one picture, stops it.", Demo},
    {"top", "Shows what a running cluster is doing.", Top},
    {"simulate", "Simulates a cluster under a load.", Simulate},
    {"tokenize", "Turns text into token ids.", Tokenize},
    {"make-tokenizer", "Makes a tokenizer of your own captions.", MakeTokenizer},
    {"inspect", "Tells what a checkpoint holds and what is wrong with it.", nullptr},
    {"random-checkpoint", "Writes a checkpoint with random weights.", nullptr},
    {"replay", "Compares this build with a trace of the reference.", nullptr},
    {"train", "Trains a model of your own pictures.", nullptr},
};

std::string Help() {
  std::string text = "usage: unclip COMMAND [arguments]\n\nText-to-image on your own machines.\n\ncommands:\n";
  for (const Command& command : kCommands) absl::StrAppendFormat(&text, "  %-20s%s\n", command.name, command.summary);
  return text + "\n`unclip COMMAND --help` or `unclip help COMMAND` explains one; `unclip --version` tells the version.\n";
}

// Becomes the binary that holds the commands which need LibTorch; returns only when that fails.
absl::Status BecomeModelTool(absl::string_view name, const Arguments& args, const Installation& installation) {
  ASSIGN_OR_RETURN(std::string binary, installation.Binary("unclip_model"));
  Arguments all = {binary, std::string(name)};
  all.insert(all.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& argument : all) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(binary.c_str(), argv.data());
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot start ", binary));
}

absl::Status Dispatch(const std::string& name, const Arguments& args, const Installation& installation) {
  for (const Command& command : kCommands) {
    if (command.name != name) continue;
    return command.run == nullptr ? BecomeModelTool(name, args, installation) : command.run(args, installation);
  }
  std::string known;
  for (const Command& command : kCommands) absl::StrAppend(&known, known.empty() ? "" : ", ", command.name);
  return UsageError(
      absl::StrCat("unknown command \"", name.substr(0, 100), "\"; the commands are ", known, " (see unclip --help)"));
}

absl::Status Run(Arguments args, const Installation& installation) {
  if (args.empty()) return UsageError("a command is missing; see unclip --help");
  std::string name = args.front();
  args.erase(args.begin());
  if (name == "help" && !args.empty()) {
    name = args.front();
    args = {"--help"};
  } else if (name == "help" || name == "--help" || name == "-h") {
    std::fputs(Help().c_str(), stdout);
    return absl::OkStatus();
  } else if (name == "--version") {
    absl::PrintF("unclip %s\n", kVersion);
    return absl::OkStatus();
  }
  return Dispatch(name, args, installation);
}

}  // namespace
}  // namespace unclip

int main(int argc, char** argv) {
  // For the processes this one starts: OpenMP's waiting threads spin a thousand times, then sleep. Measured on 2 cores, seconds a
  // picture: 0.75 on a quiet machine and 3.0 at a load of 10; with libgomp's own 300,000 spins 0.62 and 61; without any 1.15
  // and 2.1.
  if (getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  const unclip::Installation installation = unclip::Installation::OfThisProcess(argc > 0 ? argv[0] : "");
  return unclip::FinishCommand(unclip::Run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), installation));
}
